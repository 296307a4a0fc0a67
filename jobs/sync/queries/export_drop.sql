-- $1 export: given up by a person.
UPDATE journal.export
SET state = 'refused',
    reason = 'dropped by a person' || CASE WHEN reason = '' THEN '' ELSE '; before: ' || reason END
WHERE id = $1 AND state IN ('intended', 'started', 'waiting', 'late', 'unclear', 'received')
RETURNING state
