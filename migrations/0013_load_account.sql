-- journal: rows of nobody and refused bodies in the account, rejects that are over, absence by sight.
ALTER TABLE journal.certificate ADD COLUMN nobody bigint NOT NULL DEFAULT 0, ADD COLUMN refused bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN journal.certificate.rows IS 'Rows in the body = inserted + changed + unchanged + duplicate + set_aside + older + nobody + refused.';
COMMENT ON COLUMN journal.certificate.nobody IS 'Rows with id -1: the service asked for a person it does not have; no person, and no fault.';
COMMENT ON COLUMN journal.certificate.refused IS 'Rows of a body that was refused whole: journal.export.reason says why, its rejects are in journal.reject.';

ALTER TABLE journal.reject ADD COLUMN closed_at timestamptz;
COMMENT ON COLUMN journal.reject.closed_at IS 'As of when a body brought the row without this fault, or with it again (then the newer line stands); NULL: the cell is wrong now.';
CREATE INDEX reject_cell ON journal.reject (md5(row_key || '|' || heading));
CREATE INDEX reject_open ON journal.reject (table_name) WHERE closed_at IS NULL;

COMMENT ON COLUMN journal.coverage.complete IS 'Whether the body held every row of the window: no further filter, not repeated. No rows where none are known is complete, too.';
COMMENT ON TABLE journal.absence IS 'Rows that a complete window should have held and lacked, and that no body brought since. A second such window marks the row missing in mirror, and the line goes; nothing is deleted.';
-- Lines of rows that are marked, or were seen since: they would block the next mark, or make it too early.
DELETE FROM journal.absence a WHERE a.table_name = 'users' AND EXISTS (SELECT FROM mirror.users t WHERE t.id::text = a.row_key AND (t.missing_since IS NOT NULL OR t.valid_from >= a.as_of));
DELETE FROM journal.absence a WHERE a.table_name = 'deals' AND EXISTS (SELECT FROM mirror.deals t WHERE t.id::text = a.row_key AND (t.missing_since IS NOT NULL OR t.valid_from >= a.as_of));
DELETE FROM journal.absence a WHERE a.table_name = 'payments' AND EXISTS (SELECT FROM mirror.payments t WHERE t.number::text = a.row_key AND (t.missing_since IS NOT NULL OR t.valid_from >= a.as_of));

-- "State of": what complete coverage proves, not a repeated or filtered export.
CREATE OR REPLACE VIEW report.clock AS
SELECT s.time_zone AS zone, (t.moment AT TIME ZONE s.time_zone)::date AS today, t.moment AS as_of
FROM report.settings s, (SELECT coalesce(history.as_of(), (SELECT max(as_of) FROM journal.coverage WHERE complete), now()) AS moment) t;
