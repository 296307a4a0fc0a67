-- What the schedule no longer asks for is no longer expected. $1 job, $2 the next run or NULL.
DELETE FROM journal.expected_run
WHERE job = $1 AND state = 'expected' AND due_at IS DISTINCT FROM $2::timestamptz
