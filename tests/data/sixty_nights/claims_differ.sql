-- What the query of the README claims of table $1 (service.claim), against the service: each row
-- created on the day stood in the mirror as the service held it at that moment. Only the first of
-- two absences leaves a row that is gone.
WITH claim AS (
    SELECT c.day, c.as_of, (SELECT e.headings FROM journal.coverage g JOIN journal.export e ON e.id = g.export_id
                            WHERE g.table_name = $1 AND g.as_of = c.as_of ORDER BY g.id DESC LIMIT 1) AS headings
    FROM service.claim c WHERE c.as_of IS NOT NULL
)
SELECT $1 || ' ' || l.row_key || ' of ' || c.day || ' as of ' || c.as_of || ': ' || CASE WHEN v.row_key IS NULL THEN 'not in the mirror'
       ELSE r.column_name || ' is ' || coalesce(service.held($1, r.kind, r.column_name, v.of_row), 'NULL') || ', not '
            || coalesce(service.read(r.kind, service.at($1, l.row_key, r.heading, c.as_of)), 'NULL') END
FROM claim c
JOIN service.life l ON l.table_name = $1 AND l.created = c.day AND service.lives($1, l.row_key, c.as_of)
LEFT JOIN service.version v ON v.table_name = $1 AND v.row_key = l.row_key AND v.missing_since IS NULL
     AND v.valid_from <= c.as_of AND coalesce(v.valid_to, 'infinity') > c.as_of
JOIN service.reading r ON r.table_name = $1 AND r.column_name IS NOT NULL AND r.heading = ANY (c.headings)
WHERE v.row_key IS NULL
   OR service.held($1, r.kind, r.column_name, v.of_row) IS DISTINCT FROM service.read(r.kind, service.at($1, l.row_key, r.heading, c.as_of))
UNION ALL
SELECT $1 || ' ' || v.row_key || ' of ' || c.day || ' as of ' || c.as_of || ' was in the mirror, and not at the service'
FROM claim c
JOIN service.life l ON l.table_name = $1 AND l.created = c.day AND NOT service.lives($1, l.row_key, c.as_of)
JOIN service.version v ON v.table_name = $1 AND v.row_key = l.row_key AND v.missing_since IS NULL
     AND v.valid_from <= c.as_of AND coalesce(v.valid_to, 'infinity') > c.as_of
WHERE NOT EXISTS (SELECT FROM service.version m WHERE m.table_name = $1 AND m.row_key = l.row_key AND m.missing_since <= c.as_of)
  AND NOT EXISTS (SELECT FROM journal.absence a WHERE a.table_name = $1 AND a.row_key = l.row_key AND a.as_of <= c.as_of)
LIMIT 40
