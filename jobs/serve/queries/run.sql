-- One run: exports, requests, certificates; "null" when there is none. $1 its number.
SELECT coalesce((
    SELECT json_build_object(
        'run', (
            SELECT row_to_json(r)
            FROM (
                SELECT id, job, state, started_at, finished_at, reason, exit_code, doing, loaded_at,
                       plan
                FROM journal.run
                WHERE id = $1) r),
        'exports', (
            SELECT json_agg(e ORDER BY e.id)
            FROM (
                SELECT id, resource, filter, from_day, to_day, state, intended_at, started_at,
                       received_at, loaded_at, polls, rows, reason
                FROM journal.export
                WHERE run_id = $1) e),
        'requests', (
            SELECT json_agg(q ORDER BY q.id)
            FROM (
                SELECT id, export_id, kind, what, why, sent_at, answered_at, answer, http_status,
                       code, message, bytes, rows, counts
                FROM journal.request
                WHERE run_id = $1
                ORDER BY id
                LIMIT 2000) q),
        'certificates', (
            SELECT json_agg(c ORDER BY c.id)
            FROM (
                SELECT id, table_name, rows, inserted, changed, unchanged, duplicate, set_aside,
                       older, rejects, balanced
                FROM journal.certificate
                WHERE run_id = $1) c))
    WHERE EXISTS (SELECT FROM journal.run WHERE id = $1))::text, 'null')
