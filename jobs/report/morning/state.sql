-- As of when, and whether all of it is there: the newest load, its account, what it could not read. Of an earlier day
-- that is asked for, nobody knows: complete is empty.
SELECT to_char(c.as_of AT TIME ZONE c.zone, 'YYYY-MM-DD HH24:MI') AS as_of, c.zone, c.today, c.today - 1 AS day, f.run_id, f.run_state, f.balanced, coalesce(f.rejects, 0) AS rejects, r.refused,
       CASE WHEN c.asked_as_of IS NULL THEN coalesce(f.run_state IN ('done', 'amber') AND f.balanced IS NOT FALSE AND r.refused = 0, false) END AS complete
FROM report.clock c CROSS JOIN (SELECT count(*) AS refused FROM journal.refused_now) r
LEFT JOIN (SELECT max(run_id) AS run_id, max(run_state) AS run_state, bool_and(balanced) AS balanced, max(rejects) AS rejects FROM report.freshness) f ON true
