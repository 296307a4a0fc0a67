-- The newest 100 runs with what they cost and brought.
SELECT coalesce(json_agg(r ORDER BY r.id DESC), '[]')::text
FROM (
    SELECT r.id, r.job, r.state, r.started_at, r.finished_at, r.reason, r.exit_code,
           (SELECT count(*) FROM journal.request q WHERE q.run_id = r.id) AS requests,
           c.rows, c.inserted, c.changed, c.rejects
    FROM journal.run r
    LEFT JOIN LATERAL (
        SELECT sum(rows) AS rows, sum(inserted) AS inserted, sum(changed) AS changed,
               sum(rejects) AS rejects
        FROM journal.certificate c
        WHERE c.run_id = r.id) c ON true
    ORDER BY r.id DESC
    LIMIT 100) r
