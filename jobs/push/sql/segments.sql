-- All segments, with what is known of their rows and the plan that waits; times in zone $1.
SELECT s.name AS segment, s.query, s.made_by AS by,
       (SELECT count(*) FROM outbox.segment_row r WHERE r.segment = s.name) AS rows_known,
       coalesce(to_char(s.last_run_at AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI'), 'never') AS last_run,
       s.last_said AS said,
       coalesce((SELECT string_agg('plan ' || p.id || ' is ' || p.state, ', ' ORDER BY p.id)
                 FROM outbox.plan p
                 WHERE p.source = 'segment' AND p.name = s.name
                   AND p.state IN ('planned', 'approved')
                   AND p.expires_at > clock_timestamp()
                   AND EXISTS (SELECT FROM outbox.change c
                               WHERE c.plan_id = p.id AND c.state = 'planned')), '') AS waits
FROM outbox.segment s
ORDER BY s.name
