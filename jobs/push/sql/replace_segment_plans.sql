-- Plans of segment $1 that nobody has approved give way to tonight's.
WITH replaced AS (
    UPDATE outbox.plan
    SET state = 'cancelled'
    WHERE source = 'segment' AND name = $1 AND state = 'planned'
    RETURNING id
), cancelled AS (
    UPDATE outbox.change
    SET state = 'cancelled', settled_at = clock_timestamp()
    WHERE plan_id IN (SELECT id FROM replaced) AND state = 'planned'
)
SELECT id FROM replaced ORDER BY id
