-- help: Earlier versions of rows that history holds, as the server last estimated, and those that [keep] history dropped.
-- type: gauge
SELECT h.table_name AS "table", k.state, k.n
FROM history.horizon h
CROSS JOIN LATERAL (VALUES ('held', h.versions), ('dropped', h.versions_dropped)) k (state, n)
