-- First and last day of creation, in zone $1, of people and orders whose changes wait for an export.
SELECT t.table_name, min(t.day), max(t.day), count(*)
FROM (
    SELECT 'users' AS table_name, (u.created_at AT TIME ZONE $1)::date AS day
    FROM outbox.change c
    JOIN mirror.users u ON u.email_key = c.email_key
    WHERE c.settled_at IS NULL AND c.state IN ('written', 'unclear')
      AND c.differences::text ~ '"where": "(user|group) '
    UNION ALL
    SELECT 'deals', (d.created_at AT TIME ZONE $1)::date
    FROM outbox.change c
    JOIN mirror.deals d ON d.number = c.deal_number
    WHERE c.settled_at IS NULL AND c.state IN ('written', 'unclear') AND c.object = 'deals') t
WHERE t.day IS NOT NULL
GROUP BY 1
ORDER BY 1
