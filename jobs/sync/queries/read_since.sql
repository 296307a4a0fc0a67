-- $1 resource, $2 filter, $3 status, $4 group, $5 moment: whole answers to the same kind of
-- question that are newer than the moment.
SELECT e.id, e.from_day, e.to_day
FROM journal.coverage c
JOIN journal.export e ON e.id = c.export_id
WHERE c.complete AND e.resource = $1 AND e.filter = $2 AND e.status = $3 AND e.group_id = $4
  AND c.as_of > $5
ORDER BY e.id
