-- help: Compressed bytes of kept and answered bodies.
-- type: counter
SELECT coalesce(sum(bytes), 0)
FROM journal.request
