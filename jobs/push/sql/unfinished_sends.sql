-- A push that ended without saying so.
UPDATE journal.run
SET state = 'died', finished_at = clock_timestamp(), reason = 'found unfinished by a later push'
WHERE job = 'push' AND state = 'running'
