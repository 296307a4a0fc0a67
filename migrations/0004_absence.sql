-- journal.absence: rows that a complete window lacked once; a second one marks them missing. And the history of an order's status.
CREATE TABLE journal.absence (
    table_name text NOT NULL,
    row_key    text NOT NULL,
    export_id  bigint NOT NULL REFERENCES journal.export,
    run_id     bigint NOT NULL REFERENCES journal.run,
    as_of      timestamptz NOT NULL,
    PRIMARY KEY (table_name, row_key)
);
COMMENT ON TABLE journal.absence IS 'Rows that a complete window should have held and lacked. A second such window marks the row missing in mirror; nothing is deleted.';
COMMENT ON COLUMN journal.absence.table_name IS 'Table.';
COMMENT ON COLUMN journal.absence.row_key IS 'Key of the row.';
COMMENT ON COLUMN journal.absence.export_id IS 'First export that lacked it.';
COMMENT ON COLUMN journal.absence.run_id IS 'Run that loaded that export.';
COMMENT ON COLUMN journal.absence.as_of IS 'State of the data of that export.';

CREATE VIEW history.deal_statuses AS
SELECT id AS deal_id, status, status_code, min(valid_from) AS since, nullif(max(coalesce(valid_to, 'infinity')), 'infinity') AS until
FROM (
    SELECT v.*, count(*) FILTER (WHERE changed) OVER (PARTITION BY id ORDER BY valid_from) AS stretch
    FROM (
        SELECT u.*, status IS DISTINCT FROM lag(status) OVER (PARTITION BY id ORDER BY valid_from) AS changed
        FROM (SELECT id, status, status_code, valid_from, valid_to FROM history.deals
              UNION ALL
              SELECT id, status, status_code, valid_from, NULL FROM mirror.deals) u
    ) v
) w
GROUP BY id, status, status_code, stretch;
COMMENT ON VIEW history.deal_statuses IS 'Which status an order had from when to when, as far as the mirror has seen it.';
COMMENT ON COLUMN history.deal_statuses.deal_id IS 'Order (mirror.deals.id).';
COMMENT ON COLUMN history.deal_statuses.status IS 'Status label.';
COMMENT ON COLUMN history.deal_statuses.status_code IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN history.deal_statuses.since IS 'State of the data that showed it first.';
COMMENT ON COLUMN history.deal_statuses.until IS 'State of the data that showed the next status; NULL: it still stands.';
