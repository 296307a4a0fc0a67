-- help: Runs that the schedule asked for, by what became of them.
-- type: gauge
SELECT state, count(*)
FROM journal.expected_run
GROUP BY 1
ORDER BY 1
