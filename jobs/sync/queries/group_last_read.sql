-- $1 group: as of when its members were last read.
SELECT to_char(max(c.as_of) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM journal.coverage c
JOIN journal.export e ON e.id = c.export_id
WHERE e.resource = 'group_users' AND e.group_id = $1
