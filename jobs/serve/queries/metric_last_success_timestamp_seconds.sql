-- help: When a sync last published everything it meant to.
-- type: gauge
SELECT extract(epoch FROM max(finished_at))
FROM journal.run
WHERE job = 'sync' AND state IN ('done', 'amber')
HAVING max(finished_at) IS NOT NULL
