-- Since when a run is due that has not begun. $1 now, by the service's clock; $2 time it may take.
SELECT to_char(min(due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM journal.expected_run
WHERE state = 'expected' AND due_at + $2::interval < $1::timestamptz
