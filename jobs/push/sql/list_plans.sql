-- The newest plans and what became of their changes; times in zone $1.
SELECT p.id AS plan, p.name,
       CASE WHEN p.state IN ('planned', 'approved') AND p.expires_at < clock_timestamp()
            THEN 'expired' ELSE p.state END AS state,
       to_char(p.made_at AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS made, p.made_by AS by,
       count(c.*) AS changes,
       count(*) FILTER (WHERE c.state = 'planned') AS to_send,
       count(*) FILTER (WHERE c.state IN ('sending', 'written', 'unclear')
                          AND c.settled_at IS NULL) AS open,
       count(*) FILTER (WHERE c.state = 'confirmed') AS confirmed,
       count(*) FILTER (WHERE c.state = 'refused') AS refused,
       count(*) FILTER (WHERE c.state = 'contradicted') AS contradicted
FROM outbox.plan p
LEFT JOIN outbox.change c ON c.plan_id = p.id
GROUP BY p.id
ORDER BY p.id DESC
LIMIT 50
