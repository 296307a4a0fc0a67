-- $1 zone: exports that are open, and refused ones whose body is kept.
SELECT e.id, e.run_id AS run, e.resource,
       concat_ws(' ', nullif(e.filter, ''),
                 coalesce(e.from_day::text, '') || '..' || coalesce(e.to_day::text, '')) AS window,
       e.state, e.rows, e.polls,
       to_char(coalesce(e.started_at, e.intended_at) AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS since,
       e.reason
FROM journal.export e
WHERE e.state IN ('intended', 'started', 'waiting', 'late', 'received')
   OR (e.state = 'refused' AND EXISTS (SELECT FROM journal.body b WHERE b.id = e.body_id))
ORDER BY e.id
