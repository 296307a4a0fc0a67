-- The newest 100 plans of write-back with what became of their changes.
SELECT coalesce(json_agg(p ORDER BY p.id DESC), '[]')::text
FROM (
    SELECT p.id, p.name,
           CASE WHEN p.state IN ('planned', 'approved') AND p.expires_at < clock_timestamp()
                THEN 'expired' ELSE p.state END AS state,
           p.made_at, p.made_by, p.expires_at, p.requests, p.creations, p.payments, p.already_so,
           p.refused,
           (SELECT string_agg(a.approved_by, ', ')
            FROM outbox.approval a WHERE a.plan_id = p.id) AS approved_by,
           count(*) FILTER (WHERE c.state = 'planned') AS to_send,
           count(*) FILTER (WHERE c.state IN ('sending', 'written', 'unclear')
                            AND c.settled_at IS NULL) AS to_read_back,
           count(*) FILTER (WHERE c.state = 'confirmed') AS confirmed,
           count(*) FILTER (WHERE c.settled_at IS NOT NULL
                            AND c.state NOT IN ('confirmed', 'cancelled')) AS not_confirmed
    FROM outbox.plan p
    LEFT JOIN outbox.change c ON c.plan_id = p.id
    GROUP BY p.id
    ORDER BY p.id DESC
    LIMIT 100) p
