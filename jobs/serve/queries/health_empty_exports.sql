-- Exports by creation date without a row that the newest load took.
SELECT DISTINCT resource, from_day, to_day
FROM journal.export
WHERE loaded_run_id = (SELECT max(id) FROM journal.run
                       WHERE job = 'sync' AND loaded_at IS NOT NULL AND state <> 'rolled_back')
  AND rows = 0 AND filter = 'created_at' AND from_day IS NOT NULL AND to_day IS NOT NULL
ORDER BY 1, 2
