-- What the session may read of the schemas that are published.
SELECT n.nspname || '.' || c.relname AS "table", coalesce(obj_description(c.oid, 'pg_class'), '') AS holds
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('report', 'mirror', 'history', 'masked') AND c.relkind IN ('r', 'v') AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1
