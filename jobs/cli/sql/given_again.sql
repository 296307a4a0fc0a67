-- $1 zone: exports of the last two days that the service had given before: as old as their first start.
SELECT id AS export, concat_ws(' ', resource, nullif(filter, ''), coalesce(from_day::text, '') || '..' || coalesce(to_day::text, '')) AS about,
       to_char(started_at AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS export_of,
       to_char(repeated_at AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS given_again
FROM journal.export
WHERE repeated AND repeated_at > clock_timestamp() - interval '2 days'
ORDER BY id
