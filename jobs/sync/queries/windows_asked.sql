-- $1 resource, $2 filter, $3 moment: the windows of the questions since then.
SELECT coalesce(from_day::text, ''), coalesce(to_day::text, ''),
       to_char(intended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM journal.export
WHERE resource = $1 AND filter = $2 AND intended_at > $3
