-- The newest sync that has ended: id, state, reason, rejects, whether its accounts balance.
SELECT r.id, r.state, coalesce(r.reason, ''),
       coalesce((SELECT sum(c.rejects) FROM journal.certificate c WHERE c.run_id = r.id), 0)::bigint,
       coalesce((SELECT bool_and(c.balanced) FROM journal.certificate c WHERE c.run_id = r.id), true)
FROM journal.run r
WHERE r.job = 'sync' AND r.state NOT IN ('running', 'rolled_back')
ORDER BY r.id DESC
LIMIT 1
