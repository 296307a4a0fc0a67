-- What the verdicts in new_verdict mean for changes, the allowance and plans.
UPDATE outbox.change c
SET state = CASE WHEN v.final THEN v.verdict ELSE 'planned' END,
    settled_at = CASE WHEN v.final THEN clock_timestamp() END
FROM new_verdict v
WHERE v.change_id = c.id;

-- What turned out not to exist gives its part of the allowance back.
UPDATE outbox.creation n
SET state = CASE WHEN v.verdict = 'confirmed' THEN 'made' ELSE 'released' END,
    at = clock_timestamp()
FROM new_verdict v
WHERE v.change_id = n.change_id AND n.state = 'reserved'
  AND (v.verdict IN ('confirmed', 'refused')
       OR v.shown @> '[{"where": "user"}]' OR v.shown @> '[{"where": "deal"}]');

UPDATE outbox.plan p
SET state = 'done'
WHERE p.state = 'approved'
  AND p.id IN (SELECT c.plan_id
               FROM outbox.change c
               JOIN new_verdict v ON v.change_id = c.id)
  AND NOT EXISTS (SELECT FROM outbox.change c WHERE c.plan_id = p.id AND c.settled_at IS NULL);

DROP TABLE new_verdict
