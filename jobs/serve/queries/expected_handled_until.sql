-- Up to here everything expected of a job has become something. $1 job.
SELECT to_char(coalesce(
           (SELECT max(due_at) FROM journal.expected_run
            WHERE job = $1 AND state NOT IN ('expected', 'died', 'stopped')),
           (SELECT min(due_at) - interval '1 microsecond' FROM journal.expected_run
            WHERE job = $1)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
