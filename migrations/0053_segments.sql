-- Write-back: saved queries that are compared each night with what was last sent of them.
CREATE TABLE outbox.segment (
    name        text PRIMARY KEY CHECK (name ~ '^[[:alnum:]_-]{1,60}$'),
    query       text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by     text NOT NULL CHECK (made_by <> ''),
    last_run_at timestamptz,
    last_said   text NOT NULL DEFAULT ''
);
COMMENT ON TABLE outbox.segment IS 'Saved write-back queries; after each good sync what changed of their rows becomes a plan.';
COMMENT ON COLUMN outbox.segment.name IS 'Name, given with segment add; also the name of its plans.';
COMMENT ON COLUMN outbox.segment.query IS 'Name of the write-back query whose rows it keeps up with.';
COMMENT ON COLUMN outbox.segment.made_at IS 'When it was added.';
COMMENT ON COLUMN outbox.segment.made_by IS 'Who added it.';
COMMENT ON COLUMN outbox.segment.last_run_at IS 'When its rows were last compared; NULL: never.';
COMMENT ON COLUMN outbox.segment.last_said IS 'What came of that, in one line.';

CREATE TABLE outbox.segment_row (
    segment   text NOT NULL REFERENCES outbox.segment ON DELETE CASCADE,
    key       text NOT NULL,
    wanted    text NOT NULL,
    change_id bigint REFERENCES outbox.change,
    noted_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (segment, key)
);
COMMENT ON TABLE outbox.segment_row IS 'What was last planned of each row of a segment, or was found to be so already.';
COMMENT ON COLUMN outbox.segment_row.segment IS 'Segment (outbox.segment).';
COMMENT ON COLUMN outbox.segment_row.key IS 'Whom the row speaks of: users or deals, and the key.';
COMMENT ON COLUMN outbox.segment_row.wanted IS 'What it wanted, as a JSON list of columns and values in the order of their names.';
COMMENT ON COLUMN outbox.segment_row.change_id IS 'Change that carries it; NULL: the mirror showed it already.';
COMMENT ON COLUMN outbox.segment_row.noted_at IS 'When.';
CREATE INDEX segment_row_change ON outbox.segment_row (change_id);

ALTER TABLE outbox.plan DROP CONSTRAINT plan_source_check;
ALTER TABLE outbox.plan ADD CONSTRAINT plan_source_check CHECK (source IN ('query', 'csv', 'outbox', 'undo', 'segment'));
COMMENT ON COLUMN outbox.plan.source IS 'query: jobs/push/queries or the school''s directory; csv: file or stdin; outbox: rows inserted by analysts; undo: the reverse of a plan; segment: what changed of a saved query.';
