-- The newest sync: its state, when it began, what it does now.
SELECT state, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       coalesce(CASE WHEN finished_at IS NULL THEN doing END, '')
FROM journal.run
WHERE job = 'sync'
ORDER BY id DESC
LIMIT 1
