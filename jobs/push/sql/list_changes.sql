-- The changes of plan $1, what each wants and what became of it.
SELECT c.id AS change, c.object, c.key,
       (SELECT string_agg((d ->> 'field') || ': '
                          || CASE WHEN d ->> 'old' = '' THEN '' ELSE (d ->> 'old') || ' ' END
                          || '-> ' || (d ->> 'new'), '; ')
        FROM jsonb_array_elements(c.differences) d) AS what,
       c.state, coalesce(nullif(r.message, ''), a.message, '') AS message
FROM outbox.change c
JOIN outbox.result r ON r.change_id = c.id
LEFT JOIN LATERAL ({{newest_attempt}}) a ON true
WHERE c.plan_id = $1
ORDER BY c.id
