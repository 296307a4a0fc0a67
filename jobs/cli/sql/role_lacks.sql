-- Views of the schemas $2 that role $1 cannot read.
SELECT coalesce(string_agg(n.nspname || '.' || c.relname, ', ' ORDER BY 1), '')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND n.nspname = ANY ($2::text[])
  AND NOT has_table_privilege($1, c.oid, 'SELECT')
