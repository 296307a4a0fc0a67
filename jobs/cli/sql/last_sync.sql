-- The newest sync, how it ended, and how long ago it began.
SELECT id, state, coalesce(reason, ''), date_trunc('minute', clock_timestamp() - started_at)
FROM journal.run
WHERE job = 'sync'
ORDER BY id DESC
LIMIT 1
