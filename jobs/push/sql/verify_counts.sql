-- Changes by plan and state, of plan $1 or (NULL) of all.
SELECT plan_id AS plan, state, count(*) AS changes, count(*) FILTER (WHERE settled_at IS NULL) AS open
FROM outbox.change
WHERE plan_id IS NOT NULL AND ($1::bigint IS NULL OR plan_id = $1)
GROUP BY 1, 2
ORDER BY 1 DESC, 2
