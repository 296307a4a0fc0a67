-- help: Rows of loaded bodies, by table and what became of them.
-- type: gauge
SELECT c.table_name AS "table", k.result, sum(k.n)
FROM journal.certificate c
CROSS JOIN LATERAL (VALUES ('inserted', c.inserted), ('changed', c.changed),
                           ('unchanged', c.unchanged), ('duplicate', c.duplicate),
                           ('set_aside', c.set_aside), ('older', c.older)) k (result, n)
GROUP BY 1, 2
ORDER BY 1, 2
