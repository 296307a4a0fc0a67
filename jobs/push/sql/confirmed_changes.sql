-- Changes of plan $1 that were sent and that an export has confirmed.
SELECT c.id, coalesce(c.plan_id, 0), c.object, c.key, c.email_key, c.deal_number, c.state,
       c.document, c.creates, c.pays, c.differences::text, 1, c.cost
FROM outbox.change c
WHERE c.plan_id = $1 AND c.state = 'confirmed'
  AND EXISTS (SELECT FROM outbox.attempt a
              WHERE a.change_id = c.id AND a.outcome IN ('written', 'unclear'))
ORDER BY c.id
