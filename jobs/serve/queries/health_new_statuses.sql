-- Labels of statuses that the certificates of run $1 hold and no earlier one does: the account of a
-- load names every status.
WITH label AS (
    SELECT c.run_id, c.table_name, m ->> 'status' AS label
    FROM journal.certificate c
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(c.money -> 'body') = 'array' THEN c.money -> 'body' ELSE '[]' END) m
    WHERE c.table_name IN ('deals', 'payments') AND c.run_id > $1::bigint - 400
      AND m ->> 'status' <> '')
SELECT DISTINCT table_name, label
FROM label l
WHERE run_id = $1::bigint
  AND NOT EXISTS (SELECT FROM label o
                  WHERE o.table_name = l.table_name AND o.label = l.label AND o.run_id < l.run_id)
ORDER BY 1, 2
