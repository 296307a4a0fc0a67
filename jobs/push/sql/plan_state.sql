-- State of plan $1; past its time it is expired.
SELECT CASE WHEN state IN ('planned', 'approved') AND expires_at < clock_timestamp() THEN 'expired'
            ELSE state END
FROM outbox.plan
WHERE id = $1
