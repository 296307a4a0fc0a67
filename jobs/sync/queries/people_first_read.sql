-- As of when people were first read ($1 is not used, but keeps the shape of group_last_read).
SELECT to_char(min(c.as_of) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM journal.coverage c
WHERE c.table_name = 'users' AND c.complete AND $1::bigint = 0
