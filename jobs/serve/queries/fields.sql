-- Custom fields, and bodies whose headings differ from those of the body before.
SELECT json_build_object(
    'fields', (
        SELECT json_agg(f ORDER BY f.table_name, f.position)
        FROM (
            SELECT table_name, title, name, type, field_id, first_seen, policy, position
            FROM mirror.custom_fields) f),
    'layouts', (
        SELECT json_agg(l ORDER BY l.id DESC)
        FROM (
            SELECT id, run_id, resource, received_at, added, gone
            FROM (
                SELECT e.id, e.run_id, e.resource, e.received_at,
                       ARRAY(SELECT unnest(e.headings) EXCEPT SELECT unnest(e.before)) AS added,
                       ARRAY(SELECT unnest(e.before) EXCEPT SELECT unnest(e.headings)) AS gone
                FROM (
                    SELECT id, run_id, resource, received_at, headings,
                           lag(headings) OVER (PARTITION BY resource ORDER BY id) AS before
                    FROM journal.export
                    WHERE headings <> '{}' AND state IN ('received', 'loaded')) e
                WHERE e.before IS NOT NULL AND e.before <> e.headings) c
            ORDER BY id DESC
            LIMIT 50) l))::text
