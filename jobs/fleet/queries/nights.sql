-- The last 14 nights, one a day. $1 now, $2 zone.
SELECT DISTINCT ON (day) day, state,
       coalesce(extract(epoch FROM finished_at - started_at), 0)::bigint AS seconds
FROM (
    SELECT (started_at AT TIME ZONE $2)::date AS day, id, state, started_at, finished_at,
           loaded_at IS NOT NULL AS loaded
    FROM journal.run
    WHERE job = 'sync' AND started_at > $1::timestamptz - interval '14 days'
    UNION ALL
    SELECT (due_at AT TIME ZONE $2)::date, NULL, state, due_at, NULL, false
    FROM journal.expected_run
    WHERE state = 'missed' AND due_at > $1::timestamptz - interval '14 days') x
ORDER BY day, loaded DESC, id DESC NULLS LAST
