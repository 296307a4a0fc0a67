-- The dashboard's first page as one JSON document. $1 now, $2 zone, $3 school, $4 schedule,
-- $5 seconds a table may be old, $6 leading, $7 syncing, $8 token of the actions, $9 trust,
-- $10 budget, $11 its window, $12 what a first sync costs, while nothing is mirrored.
SELECT json_build_object(
    'now', $1::text,
    'zone', $2::text,
    'school', $3::text,
    'schedule', $4::text,
    'fresh_seconds', $5::bigint,
    'leading', $6::boolean,
    'syncing', $7::boolean,
    'csrf', $8::text,
    'trust', $9::json,
    'first', $12::json,
    'budget', ($10::jsonb || jsonb_build_object('by', (
        SELECT coalesce(json_agg(json_build_object('kind', kind, 'answer', answer, 'count', n)
                                 ORDER BY n DESC), '[]')
        FROM (
            SELECT kind, answer, count(*) AS n
            FROM journal.request
            WHERE counts AND sent_at > clock_timestamp() - $11::interval
            GROUP BY 1, 2) x)))::json,
    'data', json_build_object(
        'run', (
            SELECT row_to_json(r)
            FROM (
                SELECT id, job, state, started_at, finished_at, doing, reason, exit_code, loaded_at,
                       (plan ->> 'expected_seconds')::numeric AS expected_seconds,
                       (SELECT count(*) FROM journal.request q WHERE q.run_id = run.id) AS requests
                FROM journal.run
                WHERE job = 'sync'
                ORDER BY id DESC
                LIMIT 1) r),
        'line', (
            SELECT json_agg(e ORDER BY e.id)
            FROM (
                SELECT id, resource, filter, from_day, to_day, state, intended_at, started_at,
                       received_at, loaded_at, polls, rows, reason
                FROM journal.export
                WHERE run_id = (SELECT max(id) FROM journal.run WHERE job = 'sync')
                ORDER BY id
                LIMIT 200) e),
        'nights', (
            SELECT json_agg(n ORDER BY n.day)
            FROM (
                SELECT day, id, state, started_at, finished_at,
                       (SELECT sum(c.rows) FROM journal.certificate c WHERE c.run_id = x.id) AS rows
                FROM ({{nights}}) x) n),
        'certificate', (
            SELECT row_to_json(c)
            FROM (
                SELECT run_id, bool_and(balanced) AS balanced, sum(rows) AS rows,
                       sum(inserted) AS inserted, sum(changed) AS changed,
                       sum(unchanged) AS unchanged, sum(set_aside) AS set_aside,
                       sum(rejects) AS rejects, max(made_at) AS made_at
                FROM journal.certificate
                GROUP BY run_id
                ORDER BY run_id DESC
                LIMIT 1) c),
        'expected', (
            SELECT json_agg(x ORDER BY x.due_at DESC)
            FROM (
                SELECT job, due_at, state, run_id, reason, began_at, ended_at
                FROM journal.expected_run
                ORDER BY due_at DESC
                LIMIT 10) x),
        'alerts', (
            SELECT json_agg(a ORDER BY a.id DESC)
            FROM (
                SELECT id, code, about, text_en, text_ru, level, raised_at, recovered_at
                FROM journal.alert
                ORDER BY id DESC
                LIMIT 20) a),
        'push', (
            SELECT row_to_json(p)
            FROM (
                SELECT count(*) FILTER (WHERE state = 'planned') AS to_send,
                       count(*) FILTER (WHERE state IN ('sending', 'written', 'unclear')
                                        AND settled_at IS NULL) AS to_read_back,
                       count(*) FILTER (WHERE state = 'confirmed') AS confirmed,
                       count(*) FILTER (WHERE state IN ('contradicted', 'refused')
                                        OR (state = 'unclear' AND settled_at IS NOT NULL))
                           AS not_confirmed
                FROM outbox.change
                WHERE plan_id IS NOT NULL) p)))::text
