-- journal.expected_run: each run the schedule asks for is a row before it begins, so that one that never came is visible.
CREATE TABLE journal.expected_run (
    job       text NOT NULL,
    due_at    timestamptz NOT NULL,
    state     text NOT NULL DEFAULT 'expected'
              CHECK (state IN ('expected', 'started', 'done', 'amber', 'postponed', 'failed', 'stopped', 'skipped', 'missed', 'died')),
    began_at  timestamptz,
    ended_at  timestamptz,
    run_id    bigint REFERENCES journal.run,
    reason    text NOT NULL DEFAULT '',
    PRIMARY KEY (job, due_at)
);
COMMENT ON TABLE journal.expected_run IS 'Runs that the schedule asks for: the next one, and what became of earlier ones.';
COMMENT ON COLUMN journal.expected_run.job IS 'What is run: sync.';
COMMENT ON COLUMN journal.expected_run.due_at IS 'When it is due, before jitter.';
COMMENT ON COLUMN journal.expected_run.state IS 'expected, started, done, amber (with rejects), postponed, failed, stopped, skipped (another sync was running), missed (nobody was there in time), died (the service ended under it).';
COMMENT ON COLUMN journal.expected_run.began_at IS 'When it was begun.';
COMMENT ON COLUMN journal.expected_run.ended_at IS 'When it ended.';
COMMENT ON COLUMN journal.expected_run.run_id IS 'The run (journal.run).';
COMMENT ON COLUMN journal.expected_run.reason IS 'Why it failed, was skipped or missed.';
