-- A run that never came. $1 job, $2 due, $3 why.
INSERT INTO journal.expected_run (job, due_at, state, reason)
VALUES ($1, $2, 'missed', $3)
ON CONFLICT (job, due_at) DO UPDATE
SET state = 'missed', reason = concat_ws('; ', nullif(expected_run.reason, ''), $3)
