-- help: Runs that have ended, by job and state.
-- type: gauge
SELECT job, state, count(*) AS n
FROM journal.run
WHERE state <> 'running'
GROUP BY 1, 2
ORDER BY 1, 2
