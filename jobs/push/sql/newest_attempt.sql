-- The newest attempt of change c, for a LATERAL.
SELECT *
FROM outbox.attempt
WHERE change_id = c.id
ORDER BY id DESC
LIMIT 1
