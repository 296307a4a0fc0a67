-- Plan $1 with its changes, those that need a look first; whether plans are approved here ($2), who is
-- signed in ($3), the token of actions ($4).
SELECT coalesce((
    SELECT json_build_object(
        'plan', row_to_json(p), 'approvals', $2::boolean, 'name', $3::text, 'csrf', $4::text,
        'changes', (
            SELECT coalesce(json_agg(c ORDER BY c.state = 'confirmed', c.id), '[]')
            FROM (
                SELECT c.id, c.key, c.state, c.differences, c.creates, c.pays,
                       coalesce(nullif(r.message, ''), a.message, '') AS message, r.shown
                FROM outbox.change c
                JOIN outbox.result r ON r.change_id = c.id
                LEFT JOIN LATERAL ({{newest_attempt}}) a ON true
                WHERE c.plan_id = p.id
                ORDER BY c.state = 'confirmed', c.id
                LIMIT 1000) c))
    FROM (
        SELECT p.id, p.name, p.source,
               CASE WHEN p.state IN ('planned', 'approved') AND p.expires_at < clock_timestamp()
                    THEN 'expired' ELSE p.state END AS state,
               p.made_at, p.made_by, p.expires_at, p.mirror_as_of, p.requests, p.creations,
               p.payments, p.already_so, p.refused, p.refusals, p.warnings, p.hash,
               (SELECT string_agg(a.approved_by, ', ')
                FROM outbox.approval a WHERE a.plan_id = p.id) AS approved_by,
               count(*) FILTER (WHERE c.state = 'planned') AS to_send,
               count(c.id) FILTER (WHERE c.state NOT IN ('planned', 'cancelled')) AS handled,
               count(c.id) AS changes,
               (SELECT json_build_object('state', r.state, 'reason', r.reason,
                                         'started_at', r.started_at)
                FROM journal.run r
                WHERE r.job = 'push' AND r.plan ->> 'plan' = p.id::text
                ORDER BY r.id DESC
                LIMIT 1) AS sending
        FROM outbox.plan p
        LEFT JOIN outbox.change c ON c.plan_id = p.id
        WHERE p.id = $1
        GROUP BY p.id) p), 'null')::text
