-- Of which changes an export has spoken: it began after the attempt had ended (and $2 more), and
-- read the day, in zone $1, on which the person or order was made.
WITH o AS (
    SELECT c.id, c.object, c.email_key, c.deal_number,
           coalesce(a.answered_at, a.sent_at) + $2::interval AS at, a.sent_at,
           (SELECT d ->> 'new'
            FROM jsonb_array_elements(c.differences) d
            WHERE d ->> 'where' = 'deal created_at'
            LIMIT 1) AS backdated
    FROM outbox.change c
    CROSS JOIN LATERAL (SELECT *
                        FROM outbox.attempt a
                        WHERE a.change_id = c.id
                        ORDER BY a.id DESC
                        LIMIT 1) a
    WHERE c.settled_at IS NULL AND c.state IN ('written', 'unclear')
), u AS (
    SELECT o.id, o.at, m.valid_from,
           coalesce((m.created_at AT TIME ZONE $1)::date, (o.sent_at AT TIME ZONE $1)::date) AS day,
           coalesce((m.created_at AT TIME ZONE $1)::date, (o.at AT TIME ZONE $1)::date) AS last_day
    FROM o
    LEFT JOIN LATERAL (SELECT *
                       FROM mirror.users m
                       WHERE m.email_key = o.email_key
                       ORDER BY m.missing_since IS NOT NULL, m.id
                       LIMIT 1) m ON true
), d AS (
    SELECT o.id, o.at, m.valid_from,
           coalesce((m.created_at AT TIME ZONE $1)::date, left(o.backdated, 10)::date,
                    (o.sent_at AT TIME ZONE $1)::date) AS day,
           coalesce((m.created_at AT TIME ZONE $1)::date, left(o.backdated, 10)::date,
                    (o.at AT TIME ZONE $1)::date) AS last_day
    FROM o
    LEFT JOIN LATERAL (SELECT *
                       FROM mirror.deals m
                       WHERE m.number = o.deal_number
                       ORDER BY m.missing_since IS NOT NULL, m.id
                       LIMIT 1) m ON true
    WHERE o.object = 'deals'
), reads AS (
    SELECT v.table_name, v.from_day, v.to_day, v.as_of,
           EXISTS (SELECT FROM unnest(e.headings) h WHERE h LIKE 'id групп%') AS with_groups
    FROM journal.coverage v
    JOIN journal.export e ON e.id = v.export_id
    WHERE v.filter = 'created_at' AND v.complete AND v.as_of > (SELECT min(at) FROM o)
)
SELECT o.id,
       u.valid_from > u.at
       OR EXISTS (SELECT FROM reads r
                  WHERE r.table_name = 'users' AND r.as_of > u.at
                    AND u.day BETWEEN r.from_day AND r.to_day
                    AND u.last_day BETWEEN r.from_day AND r.to_day),
       EXISTS (SELECT FROM reads r
               WHERE r.table_name = 'users' AND r.with_groups AND r.as_of > u.at
                 AND u.day BETWEEN r.from_day AND r.to_day),
       d.valid_from > d.at
       OR EXISTS (SELECT FROM reads r
                  WHERE r.table_name = 'deals' AND r.as_of > d.at
                    AND d.day BETWEEN r.from_day AND r.to_day
                    AND d.last_day BETWEEN r.from_day AND r.to_day),
       to_char(o.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM o
JOIN u ON u.id = o.id
LEFT JOIN d ON d.id = o.id
ORDER BY o.id
