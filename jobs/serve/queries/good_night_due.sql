-- The day of the newest run of the schedule, if it ended well a short while ago, and which of the
-- channels $2 have not got its morning; days in zone $1. No row: there is nothing to say.
SELECT n.day, c.channel
FROM (
    SELECT state, ended_at, (ended_at AT TIME ZONE $1)::date AS day
    FROM journal.expected_run
    WHERE job = 'sync' AND state NOT IN ('expected', 'started')
    ORDER BY due_at DESC
    LIMIT 1) n
CROSS JOIN unnest($2::text[]) c(channel)
WHERE n.state IN ('done', 'amber') AND n.ended_at > clock_timestamp() - interval '6 hours'
  AND NOT EXISTS (
    SELECT FROM journal.delivery d
    WHERE d.kind = 'good_night' AND d.channel = c.channel AND d.day = n.day)
