-- Cells in which the mirror differs from the bodies that the service gives now.
WITH heading AS (
    SELECT b.table_name, f.heading, (f.n - 1)::int AS place
    FROM service.body b, jsonb_array_elements_text(b.info -> 'fields') WITH ORDINALITY f(heading, n)
), item AS (
    SELECT b.table_name, i.cells, i.cells ->> h.place AS row_key
    FROM service.body b
    JOIN service.reading r ON r.table_name = b.table_name AND r.column_name = CASE b.table_name WHEN 'payments' THEN 'number' ELSE 'id' END
    JOIN heading h ON (h.table_name, h.heading) = (b.table_name, r.heading),
         jsonb_array_elements(b.info -> 'items') i(cells)
), mirrored AS (
    SELECT 'deals' AS table_name, t.id::text AS row_key, to_jsonb(t) AS of_row FROM mirror.deals t WHERE t.missing_since IS NULL
    UNION ALL SELECT 'users', t.id::text, to_jsonb(t) FROM mirror.users t WHERE t.missing_since IS NULL
    UNION ALL SELECT 'payments', t.number, to_jsonb(t) FROM mirror.payments t WHERE t.missing_since IS NULL
), both_sides AS (
    SELECT table_name, row_key, i.cells, m.of_row FROM item i FULL JOIN mirrored m USING (table_name, row_key)
), member AS (
    SELECT i.row_key::bigint AS user_id, split_part(part, ':', 1)::bigint AS group_id, split_part(part, ':', 2)::date AS joined_on
    FROM item i JOIN service.reading r ON r.table_name = 'users' AND r.kind = 'groups'
    JOIN heading h ON (h.table_name, h.heading) = ('users', r.heading),
         regexp_split_to_table(nullif(i.cells ->> h.place, ''), ',\s*') part
    WHERE i.table_name = 'users'
)
SELECT b.table_name || ' ' || b.row_key || ': ' || CASE WHEN b.cells IS NULL THEN 'only in the mirror'
       WHEN b.of_row IS NULL THEN 'not in the mirror'
       ELSE r.column_name || ' is ' || coalesce(service.held(b.table_name, r.kind, r.column_name, b.of_row), 'NULL')
            || ', not ' || coalesce(service.read(r.kind, b.cells ->> h.place), 'NULL') END
FROM both_sides b
JOIN service.reading r ON r.table_name = b.table_name AND r.column_name IS NOT NULL
JOIN heading h ON (h.table_name, h.heading) = (r.table_name, r.heading)
WHERE CASE WHEN b.cells IS NULL OR b.of_row IS NULL THEN r.column_name = 'created_at'  -- said once a row
      ELSE service.held(b.table_name, r.kind, r.column_name, b.of_row) IS DISTINCT FROM service.read(r.kind, b.cells ->> h.place) END
UNION ALL
SELECT 'member ' || coalesce(s.user_id, m.user_id) || ' of ' || coalesce(s.group_id, m.group_id) || ' since ' || coalesce(s.joined_on, m.joined_on)
       || CASE WHEN m.user_id IS NULL THEN ' is not in the mirror' ELSE ' is only in the mirror' END
FROM member s
FULL JOIN (SELECT t.user_id, t.group_id, t.joined_on FROM mirror.memberships t JOIN mirror.users u ON u.id = t.user_id
           WHERE t.left_seen_at IS NULL AND u.missing_since IS NULL) m
     ON s.user_id = m.user_id AND s.group_id = m.group_id AND s.joined_on = m.joined_on
WHERE s.user_id IS NULL OR m.user_id IS NULL
UNION ALL
-- A column of the mirror that this reading does not know has no value.
SELECT t.table_name || '.' || c.key || ' has a value, and no column of the service stands behind it'
FROM (SELECT table_name, of_row FROM mirrored) t, jsonb_each(t.of_row - '{custom,row_hash,run_id,export_id,valid_from,missing_since}'::text[]) c
WHERE c.value <> 'null' AND NOT EXISTS (SELECT FROM service.reading r WHERE (r.table_name, r.column_name) = (t.table_name, c.key))
LIMIT 40
