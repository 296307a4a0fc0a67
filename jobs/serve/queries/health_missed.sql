-- Runs of the schedule that never came since the last good one.
SELECT count(*)
FROM journal.expected_run
WHERE state IN ('missed', 'died')
  AND due_at > coalesce((SELECT max(due_at) FROM journal.expected_run
                         WHERE state IN ('done', 'amber')), '-infinity')
