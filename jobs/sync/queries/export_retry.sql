-- $1 export: refused or dropped; loaded from its kept body, else polled again.
UPDATE journal.export e
SET state = CASE WHEN EXISTS (SELECT FROM journal.body b WHERE b.id = e.body_id)
                 THEN 'received' ELSE 'late' END
WHERE e.id = $1 AND e.state IN ('refused', 'no_file', 'unclear')
  AND (EXISTS (SELECT FROM journal.body b WHERE b.id = e.body_id) OR e.service_id <> '')
RETURNING state
