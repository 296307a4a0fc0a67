-- history.deal_statuses: versions that began at the same instant follow each other as they ended, not as the server happens to read them.
CREATE OR REPLACE VIEW history.deal_statuses AS
SELECT id AS deal_id, status, status_code, min(valid_from) AS since, nullif(max(coalesce(valid_to, 'infinity')), 'infinity') AS until
FROM (
    SELECT v.id, v.status, v.status_code, v.valid_from, v.valid_to,
           count(*) FILTER (WHERE changed) OVER (PARTITION BY id ORDER BY valid_from, coalesce(valid_to, 'infinity'), export_id) AS stretch
    FROM (
        SELECT u.*, status IS DISTINCT FROM lag(status) OVER (PARTITION BY id ORDER BY valid_from, coalesce(valid_to, 'infinity'), export_id) AS changed
        FROM (SELECT id, status, status_code, valid_from, valid_to, export_id FROM history.deals
              UNION ALL
              SELECT id, status, status_code, valid_from, valid_to, export_id FROM history.dropped_statuses
              UNION ALL
              SELECT id, status, status_code, valid_from, NULL, export_id FROM mirror.deals) u
    ) v
) w
GROUP BY id, status, status_code, stretch;
