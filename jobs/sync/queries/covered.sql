-- What was read, by table and filter; a window asked without a lower bound has no first day.
SELECT c.table_name, c.filter, e.from_day, c.to_day,
       to_char(c.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS as_of
FROM journal.coverage c
JOIN journal.export e ON e.id = c.export_id
WHERE c.complete AND c.filter <> ''
ORDER BY c.id
