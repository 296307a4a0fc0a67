-- Object, key and field that open changes of plans hold, and which change holds them.
SELECT c.object || ' ' || c.key || E'\n' || coalesce(nullif(d ->> 'where', ''), d ->> 'field'),
       'change ' || c.id || ' of plan ' || c.plan_id || ' (' || c.state || ')'
FROM outbox.change c
CROSS JOIN jsonb_array_elements(c.differences) d
WHERE c.settled_at IS NULL AND c.plan_id IS NOT NULL
