-- Which of the tables $1 was read longest ago, as of when (also in zone $2), and how old that is.
SELECT t.name, to_char(f.new_rows_as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       to_char(f.new_rows_as_of AT TIME ZONE $2, 'YYYY-MM-DD HH24:MI'),
       greatest(0, extract(epoch FROM clock_timestamp() - f.new_rows_as_of) * 1000000)::bigint
FROM unnest($1::text[]) AS t (name)
LEFT JOIN journal.freshness f ON f.table_name = t.name
ORDER BY f.new_rows_as_of NULLS FIRST
LIMIT 1
