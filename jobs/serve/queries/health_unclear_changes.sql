-- Changes sent over three days ago that no export has shown.
SELECT count(*)
FROM outbox.change c
WHERE c.settled_at IS NULL AND c.state IN ('sending', 'written', 'unclear')
  AND (SELECT max(a.sent_at) FROM outbox.attempt a WHERE a.change_id = c.id)
      < clock_timestamp() - interval '3 days'
