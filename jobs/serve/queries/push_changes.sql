-- The changes of one plan, those that need a look first. $1 its number.
SELECT coalesce(json_agg(c ORDER BY c.state = 'confirmed', c.id), '[]')::text
FROM (
    SELECT c.id, c.object, c.key, c.state, c.differences, r.verdict, r.message, r.shown
    FROM outbox.change c
    JOIN outbox.result r ON r.change_id = c.id
    WHERE c.plan_id = $1
    ORDER BY c.settled_at IS NOT NULL AND c.state = 'confirmed', c.id
    LIMIT 1000) c
