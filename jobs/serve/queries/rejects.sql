-- The newest 500 rejects, of one run or of all. $1 the run; 0: of all.
SELECT coalesce(json_agg(r ORDER BY r.id DESC), '[]')::text
FROM (
    SELECT id, run_id, export_id, table_name, row_no, row_key, heading, raw, reason, set_aside
    FROM journal.reject
    WHERE $1::bigint = 0 OR run_id = $1::bigint
    ORDER BY id DESC
    LIMIT 500) r
