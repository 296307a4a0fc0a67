-- help: Cells and rows that could not be read, by table.
-- type: gauge
SELECT table_name AS "table", sum(rejects)
FROM journal.certificate
GROUP BY 1
ORDER BY 1
