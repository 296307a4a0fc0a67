-- Relations that role $1 may change.
SELECT coalesce(string_agg(n.nspname || '.' || c.relname, ', ' ORDER BY 1), '')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'p', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'analytics') AND n.nspname NOT LIKE 'pg_t%'
  AND has_schema_privilege($1, n.oid, 'USAGE')
  AND has_table_privilege($1, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
