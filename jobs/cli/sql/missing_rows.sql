-- $1 zone: rows that the service no longer shows, by table; the first five keys of each.
SELECT table_name AS table, CASE WHEN marked THEN 'marked missing' ELSE 'missing once' END AS state, count(*) AS rows,
       to_char(min(since) AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS since, to_char(max(since) AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS until,
       array_to_string((array_agg(row_key ORDER BY since DESC, row_key))[1:5], ', ') || CASE WHEN count(*) > 5 THEN ', …' ELSE '' END AS keys
FROM journal.missing_now
GROUP BY table_name, marked
ORDER BY 1, 2
