-- Bodies that came and were refused, where no later export of the same question's days was loaded:
-- what they are about, why, how many rows they hold.
SELECT concat_ws(' ', e.resource, nullif(e.filter, ''), e.from_day || '..' || e.to_day),
       e.reason, coalesce(e.rows, 0)
FROM journal.export e
WHERE e.state = 'refused' AND e.received_at IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM journal.export later
      WHERE later.id > e.id AND later.state = 'loaded' AND later.resource = e.resource
        AND later.filter = e.filter
        AND (e.from_day IS NULL OR later.from_day <= e.from_day)
        AND (e.to_day IS NULL OR later.to_day >= e.to_day))
ORDER BY e.id DESC
LIMIT 20
