-- Runs under way when the service before us ended: they are due again while they can be caught up.
UPDATE journal.expected_run
SET state = 'died', ended_at = clock_timestamp(), reason = 'the service ended under it'
WHERE state = 'started'
