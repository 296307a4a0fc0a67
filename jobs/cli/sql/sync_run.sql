-- The run that has just ended, as one object for programs.
SELECT to_jsonb(t) AS run FROM (
    SELECT r.id AS run, r.job, r.state, r.started_at, r.finished_at, r.reason,
           (SELECT count(*) FROM journal.request q WHERE q.run_id = r.id) AS requests,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'table', c.table_name, 'export', c.export_id, 'from_day', e.from_day, 'to_day', e.to_day,
                'filter', nullif(e.filter, ''), 'rows', c.rows, 'inserted', c.inserted, 'changed', c.changed,
                'unchanged', c.unchanged, 'duplicate', c.duplicate, 'older', c.older, 'set_aside', c.set_aside,
                'nobody', c.nobody, 'refused', c.refused, 'rejects', c.rejects) ORDER BY c.id), '[]')
            FROM journal.certificate c JOIN journal.export e ON e.id = c.export_id WHERE c.run_id = r.id) AS loads
    FROM journal.run r WHERE r.id > $1::bigint ORDER BY r.id LIMIT 1
) t
