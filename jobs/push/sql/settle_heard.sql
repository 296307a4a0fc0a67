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
    CROSS JOIN LATERAL ({{newest_attempt}}) a
    WHERE c.settled_at IS NULL AND c.state IN ('written', 'unclear')
), mirrored AS (
    SELECT o.id, o.at, o.sent_at, 'users' AS table_name, m.valid_from,
           (m.created_at AT TIME ZONE $1)::date AS made
    FROM o
    LEFT JOIN LATERAL (SELECT *
                       FROM mirror.users m
                       WHERE m.email_key = o.email_key
                       ORDER BY m.missing_since IS NOT NULL, m.id
                       LIMIT 1) m ON true
    UNION ALL
    SELECT o.id, o.at, o.sent_at, 'deals', m.valid_from,
           coalesce((m.created_at AT TIME ZONE $1)::date, left(o.backdated, 10)::date)
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
), heard AS (
    SELECT m.id, m.table_name, m.at,
           m.valid_from > m.at
           OR EXISTS (SELECT FROM reads r
                      WHERE r.table_name = m.table_name AND r.as_of > m.at
                        AND days.first BETWEEN r.from_day AND r.to_day
                        AND days.last BETWEEN r.from_day AND r.to_day) AS spoken_of,
           EXISTS (SELECT FROM reads r
                   WHERE r.table_name = m.table_name AND r.with_groups AND r.as_of > m.at
                     AND days.first BETWEEN r.from_day AND r.to_day) AS groups
    FROM mirrored m
    CROSS JOIN LATERAL (
        SELECT coalesce(m.made, (m.sent_at AT TIME ZONE $1)::date) AS first,
               coalesce(m.made, (m.at AT TIME ZONE $1)::date) AS last) days
)
SELECT id, bool_or(spoken_of) FILTER (WHERE table_name = 'users'),
       bool_or(groups) FILTER (WHERE table_name = 'users'),
       bool_or(spoken_of) FILTER (WHERE table_name = 'deals'),
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM heard
GROUP BY id, at
ORDER BY id
