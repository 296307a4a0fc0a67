-- Changes of plan $1 or (NULL) of all that are open or not as wanted; times in zone $2.
SELECT c.plan_id AS plan, c.id AS change, c.key, c.state,
       to_char(a.sent_at AT TIME ZONE $2, 'YYYY-MM-DD HH24:MI') AS sent,
       coalesce(nullif(a.message, ''), r.message, '') AS message,
       coalesce((SELECT string_agg((d ->> 'field') || ' shows '
                                   || coalesce(nullif(d ->> 'old', ''), 'nothing')
                                   || ', wanted ' || (d ->> 'new'), '; ')
                 FROM jsonb_array_elements(r.shown) d), '') AS shown
FROM outbox.change c
JOIN outbox.result r ON r.change_id = c.id
LEFT JOIN LATERAL ({{newest_attempt}}) a ON true
WHERE c.plan_id IS NOT NULL AND ($1::bigint IS NULL OR c.plan_id = $1)
  AND (c.settled_at IS NULL OR c.state IN ('contradicted', 'unclear', 'refused'))
  AND (c.state <> 'planned' OR a.id IS NOT NULL)
ORDER BY c.plan_id DESC, c.id
LIMIT 200
