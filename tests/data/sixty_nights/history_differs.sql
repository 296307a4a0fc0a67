-- Versions that say what never was: a cell is what the service held at the moment as of which the
-- version is, or, where the body had no such column or the row was marked, what it was before.
SELECT v.table_name || ' ' || v.row_key || ' version ' || v.no || ' as of ' || v.valid_from || ': ' || r.column_name || ' is '
       || coalesce(held, 'NULL') || ', not ' || coalesce(right_value, 'NULL')
FROM service.version v
JOIN journal.export e ON e.id = v.export_id
JOIN service.reading r ON r.table_name = v.table_name AND r.column_name IS NOT NULL
CROSS JOIN LATERAL (SELECT service.held(v.table_name, r.kind, r.column_name, v.of_row) AS held,
    CASE WHEN r.heading = ANY (e.headings) AND v.missing_since IS NULL
         THEN service.read(r.kind, service.at(v.table_name, v.row_key, r.heading, v.valid_from))
         ELSE service.held(v.table_name, r.kind, r.column_name, v.before) END AS right_value) c
WHERE held IS DISTINCT FROM right_value
UNION ALL
SELECT table_name || ' ' || row_key || ' version ' || no || ' is of a moment at which the service did not have the row: ' || valid_from
FROM service.version WHERE missing_since IS NULL AND NOT service.lives(table_name, row_key, valid_from)
UNION ALL
SELECT table_name || ' ' || row_key || ' is missing since ' || missing_since || ', and the service had it'
FROM service.version WHERE missing_since IS NOT NULL AND service.lives(table_name, row_key, missing_since)
UNION ALL
SELECT v.table_name || ' ' || v.row_key || ' version ' || v.no || ' changes nothing'
FROM service.version v
WHERE v.before IS NOT NULL AND v.before ->> 'missing_since' IS NOT DISTINCT FROM v.of_row ->> 'missing_since'
  AND v.before - '{row_hash,run_id,export_id,valid_from,valid_to,closed_run_id}'::text[] = v.of_row - '{row_hash,run_id,export_id,valid_from,valid_to,closed_run_id}'::text[]
UNION ALL
SELECT table_name || ' ' || row_key || ' version ' || no || ' does not begin where the one before ends'
FROM service.version WHERE no > 1 AND closed IS DISTINCT FROM valid_from
UNION ALL
SELECT 'member ' || user_id || ' of ' || group_id || CASE WHEN left_seen_at IS NULL THEN ' joined' ELSE ' left' END || ', which was not so at ' || valid_from
FROM (SELECT user_id, group_id, left_seen_at, valid_from FROM mirror.memberships
      UNION ALL SELECT user_id, group_id, left_seen_at, valid_from FROM history.memberships) m
WHERE (left_seen_at IS NULL) <> (group_id || ':' = ANY (SELECT regexp_replace(part, ':.*', ':') FROM regexp_split_to_table(coalesce(
          service.at('users', user_id::text, 'id групп пользователя/дата добавления', valid_from), ''), ',\s*') part))
LIMIT 40
