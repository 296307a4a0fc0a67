-- $1 service id, $2 export, $3 zone: when the service first gave this id, and when it gave it to
-- this export.
SELECT to_char(min(started_at) AT TIME ZONE $3, 'YYYY-MM-DD HH24:MI') AS first,
       to_char(max(coalesce(repeated_at, started_at)) FILTER (WHERE id = $2) AT TIME ZONE $3, 'HH24:MI') AS again
FROM journal.export
WHERE service_id = $1
