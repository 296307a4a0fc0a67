-- Approved plans in time with something left to send.
SELECT p.id
FROM outbox.plan p
WHERE p.state = 'approved' AND p.expires_at > clock_timestamp()
  AND EXISTS (SELECT FROM outbox.change c
              WHERE c.plan_id = p.id AND c.state = 'planned' AND c.settled_at IS NULL)
ORDER BY p.id
