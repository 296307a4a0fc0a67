-- First and last day of creation, in zone $1, of the people and orders whose fields plan $2 changes.
SELECT t.table_name, min(t.day), max(t.day), count(*)
FROM (
    SELECT 'users' AS table_name, (u.created_at AT TIME ZONE $1)::date AS day
    FROM outbox.change c
    JOIN mirror.users u ON u.email_key = c.email_key
    WHERE c.plan_id = $2 AND c.state = 'planned' AND c.differences::text ~ '"where": "user '
    UNION ALL
    SELECT 'deals', (d.created_at AT TIME ZONE $1)::date
    FROM outbox.change c
    JOIN mirror.deals d ON d.number = c.deal_number
    WHERE c.plan_id = $2 AND c.state = 'planned' AND c.differences::text ~ '"where": "deal ') t
WHERE t.day IS NOT NULL
GROUP BY 1
ORDER BY 1
