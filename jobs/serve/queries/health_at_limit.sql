-- The first and the newest 903 since anything else was answered, and what others had spent when the
-- first came. $1 limit, $2 window.
WITH refused AS (
    SELECT id, sent_at
    FROM journal.request
    WHERE counts AND answer = 'OverLimit'
      AND id > coalesce((SELECT id FROM journal.request
                         WHERE counts AND answer NOT IN ('OverLimit', 'Unclear', '')
                         ORDER BY id DESC LIMIT 1), 0)),
first AS (SELECT * FROM refused ORDER BY id LIMIT 1)
SELECT to_char(first.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       (SELECT to_char(max(sent_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        FROM refused),
       $1::int - (SELECT count(*) FROM journal.request r
                  WHERE r.counts AND r.id < first.id AND r.sent_at > first.sent_at - $2::interval)
FROM (SELECT 1) one LEFT JOIN first ON true
