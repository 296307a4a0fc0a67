-- The last {{days}} nights, one a day: the one that published, else the newest; a missed one has no id. $1 now, $2 zone.
SELECT DISTINCT ON (day) day, id, state, started_at, finished_at
FROM (
    SELECT (started_at AT TIME ZONE $2)::date AS day, id, state, started_at, finished_at,
           loaded_at IS NOT NULL AS loaded
    FROM journal.run
    WHERE job = 'sync' AND started_at > $1::timestamptz - interval '{{days}} days'
    UNION ALL
    SELECT (due_at AT TIME ZONE $2)::date, NULL, state, due_at, NULL, false
    FROM journal.expected_run
    WHERE state = 'missed' AND due_at > $1::timestamptz - interval '{{days}} days') x
ORDER BY day, loaded DESC, id DESC NULLS LAST
