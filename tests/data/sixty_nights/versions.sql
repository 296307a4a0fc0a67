-- Every version that mirror and history have of a row, numbered.
CREATE TABLE service.version AS
SELECT v.*, row_number() OVER w AS no, lag(v.of_row) OVER w AS before, lag(v.valid_to) OVER w AS closed
FROM (SELECT 'deals' AS table_name, t.id::text AS row_key, t.valid_from, t.valid_to, t.missing_since, t.export_id, to_jsonb(t) AS of_row FROM history.deals t
      UNION ALL SELECT 'deals', t.id::text, t.valid_from, NULL, t.missing_since, t.export_id, to_jsonb(t) FROM mirror.deals t
      UNION ALL SELECT 'users', t.id::text, t.valid_from, t.valid_to, t.missing_since, t.export_id, to_jsonb(t) FROM history.users t
      UNION ALL SELECT 'users', t.id::text, t.valid_from, NULL, t.missing_since, t.export_id, to_jsonb(t) FROM mirror.users t
      UNION ALL SELECT 'payments', t.number, t.valid_from, t.valid_to, t.missing_since, t.export_id, to_jsonb(t) FROM history.payments t
      UNION ALL SELECT 'payments', t.number, t.valid_from, NULL, t.missing_since, t.export_id, to_jsonb(t) FROM mirror.payments t) v
WINDOW w AS (PARTITION BY v.table_name, v.row_key ORDER BY v.valid_from);
CREATE INDEX ON service.version (table_name, row_key);
ANALYZE service.version;
ANALYZE service.change;
ANALYZE service.life
