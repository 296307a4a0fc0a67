-- The newest sync that loaded, unless it is the first one, to which everything is new.
SELECT max(id)
FROM journal.run
WHERE job = 'sync' AND loaded_at IS NOT NULL AND state <> 'rolled_back'
  AND id > (SELECT min(id) FROM journal.run WHERE job = 'sync' AND loaded_at IS NOT NULL)
