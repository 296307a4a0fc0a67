-- Open changes in one of the states $2, of plan $1 or (NULL) of all.
SELECT c.id, coalesce(c.plan_id, 0), c.object, c.key, c.email_key, c.deal_number, c.state,
       c.document, c.creates, c.pays, c.differences::text,
       (SELECT count(*)
        FROM outbox.attempt a
        WHERE a.change_id = c.id AND a.outcome NOT IN ('not_sent', 'not_taken', 'allowance', 'refused')),
       c.cost
FROM outbox.change c
WHERE c.settled_at IS NULL AND c.state = ANY ($2::text[])
  AND ($1::bigint IS NULL OR c.plan_id = $1)
ORDER BY c.id
