-- journal: what a run ended, so that a rollback can open it again. mirror: the day of joining where only its moment is known.
ALTER TABLE journal.reject ADD COLUMN closed_run_id bigint;
COMMENT ON COLUMN journal.reject.closed_run_id IS 'Run whose body closed it; a rollback of that run opens it again.';
CREATE INDEX reject_closed ON journal.reject (closed_run_id) WHERE closed_run_id IS NOT NULL;

CREATE TABLE journal.absence_ended (
    table_name   text NOT NULL,
    row_key      text NOT NULL,
    export_id    bigint NOT NULL,
    run_id       bigint NOT NULL,
    as_of        timestamptz NOT NULL,
    ended_run_id bigint NOT NULL
);
CREATE INDEX absence_ended_run ON journal.absence_ended (ended_run_id);
COMMENT ON TABLE journal.absence_ended IS 'Lines of journal.absence that are over: the row was seen again, or marked. A rollback of the run that ended one puts it back.';
COMMENT ON COLUMN journal.absence_ended.table_name IS 'Table.';
COMMENT ON COLUMN journal.absence_ended.row_key IS 'Key of the row.';
COMMENT ON COLUMN journal.absence_ended.export_id IS 'First export that lacked it.';
COMMENT ON COLUMN journal.absence_ended.run_id IS 'Run that loaded that export.';
COMMENT ON COLUMN journal.absence_ended.as_of IS 'State of the data of that export.';
COMMENT ON COLUMN journal.absence_ended.ended_run_id IS 'Run that saw the row again, or marked it.';

UPDATE mirror.memberships SET joined_on = (joined_at AT TIME ZONE (SELECT time_zone FROM report.settings))::date
WHERE joined_on IS NULL AND joined_at IS NOT NULL;
