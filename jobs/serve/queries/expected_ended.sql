-- What became of a run of the schedule. $1 job, $2 due, $3 state, $4 reason.
UPDATE journal.expected_run e
SET state = $3, reason = $4, ended_at = clock_timestamp(),
    run_id = (SELECT max(r.id) FROM journal.run r
              WHERE r.job = 'sync' AND r.started_at >= e.began_at)
WHERE job = $1 AND due_at = $2
