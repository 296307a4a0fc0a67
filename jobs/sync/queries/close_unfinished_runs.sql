-- A run that had published everything before it ended did its work; every other one died. What it
-- had received of a body without its end is no body.
WITH no_body AS (DELETE FROM journal.body WHERE hash = '')
UPDATE journal.run
SET state = CASE WHEN loaded_at IS NULL THEN 'died' ELSE 'done' END,
    finished_at = clock_timestamp(),
    reason = 'found unfinished by a later run'
WHERE state = 'running' AND job = 'sync'
