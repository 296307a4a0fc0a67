-- A run that another one made needless. $1 job, $2 due, $3 why.
INSERT INTO journal.expected_run (job, due_at, state, reason)
VALUES ($1, $2, 'skipped', $3)
ON CONFLICT (job, due_at) DO UPDATE
SET state = 'skipped', reason = $3
