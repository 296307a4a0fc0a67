-- Labels of statuses that the certificates of run $1 hold: the account of a load names every
-- status.
SELECT DISTINCT c.table_name, m ->> 'status' AS label
FROM journal.certificate c
CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN jsonb_typeof(c.money -> 'body') = 'array' THEN c.money -> 'body' ELSE '[]' END) m
WHERE c.run_id = $1::bigint AND c.table_name IN ('deals', 'payments') AND m ->> 'status' <> ''
ORDER BY 1, 2
