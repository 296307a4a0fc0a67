-- From which run, and from which state, a replay of the kept bodies or a rollback of their runs needs the versions that were ended; at least the newest load can be taken back.
SELECT f.run_id, coalesce((SELECT min(c.as_of) FROM journal.coverage c WHERE c.run_id >= f.run_id), 'infinity')
FROM (SELECT least((SELECT min(e.loaded_run_id) FROM journal.export e WHERE e.state = 'loaded' AND EXISTS (SELECT FROM journal.body b WHERE b.id = e.body_id)),
                   (SELECT max(id) FROM journal.run WHERE loaded_at IS NOT NULL AND state <> 'rolled_back')) AS run_id) f
