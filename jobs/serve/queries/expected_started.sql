-- A run of the schedule begins. $1 job, $2 due.
INSERT INTO journal.expected_run (job, due_at, state, reason, began_at)
VALUES ($1, $2, 'started', '', clock_timestamp())
ON CONFLICT (job, due_at) DO UPDATE
SET state = 'started', reason = '', began_at = clock_timestamp(), ended_at = NULL
