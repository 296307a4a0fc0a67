-- Columns of the views that the school has for an overview ($1: their schema), in their order.
SELECT c.relname, coalesce(obj_description(c.oid), ''), a.attname, format_type(a.atttypid, a.atttypmod), coalesce(col_description(c.oid, a.attnum), '')
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'v' AND c.relname = ANY ($2::text[])
ORDER BY c.relname, a.attnum
