-- journal: runs, requests, exports, bodies; what was asked, when, why, and what came of it.
CREATE SCHEMA journal;
COMMENT ON SCHEMA journal IS 'What gcmirror did: runs, requests, exports, bodies, certificates, rejects. Written as it happens.';

CREATE TABLE journal.run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job         text NOT NULL,
    state       text NOT NULL DEFAULT 'running'
                CHECK (state IN ('running', 'done', 'amber', 'partial', 'postponed', 'failed', 'stopped', 'died', 'rolled_back')),
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    exit_code   integer,
    reason      text,
    plan        jsonb,
    doing       text,
    doing_at    timestamptz,
    loaded_at   timestamptz
);
COMMENT ON TABLE journal.run IS 'One execution of a job.';
COMMENT ON COLUMN journal.run.id IS 'Number of the run; stands on every row it wrote.';
COMMENT ON COLUMN journal.run.job IS 'sync, replay, push, …';
COMMENT ON COLUMN journal.run.state IS 'running, done, amber (done with rejects), partial, postponed, failed, stopped, died (found unfinished by a later run), rolled_back.';
COMMENT ON COLUMN journal.run.started_at IS 'When it began, by the database''s clock.';
COMMENT ON COLUMN journal.run.finished_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN journal.run.exit_code IS 'Exit code of the program: 0 done, 3 with rejects, 4 postponed, …';
COMMENT ON COLUMN journal.run.reason IS 'Why it ended so, for people.';
COMMENT ON COLUMN journal.run.plan IS 'What it meant to ask and what that was expected to cost.';
COMMENT ON COLUMN journal.run.doing IS 'What it does now: the progress line.';
COMMENT ON COLUMN journal.run.doing_at IS 'When that line was written.';
COMMENT ON COLUMN journal.run.loaded_at IS 'When its rows were published together; NULL: nothing was published.';

CREATE TABLE journal.export (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id        bigint NOT NULL REFERENCES journal.run,
    resource      text NOT NULL,
    filter        text NOT NULL DEFAULT '',
    from_day      date,
    to_day        date,
    status        text NOT NULL DEFAULT '',
    group_id      bigint NOT NULL DEFAULT 0,
    state         text NOT NULL DEFAULT 'intended'
                  CHECK (state IN ('intended', 'started', 'waiting', 'received', 'loaded', 'refused', 'unclear', 'late', 'no_file', 'rolled_back')),
    service_id    text NOT NULL DEFAULT '',
    intended_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at    timestamptz,
    received_at   timestamptz,
    loaded_at     timestamptz,
    loaded_run_id bigint REFERENCES journal.run,
    not_ready     interval NOT NULL DEFAULT '0',
    polls         integer NOT NULL DEFAULT 0,
    repeated      boolean NOT NULL DEFAULT false,
    body_id       bigint NOT NULL DEFAULT 0,
    rows          bigint NOT NULL DEFAULT 0,
    headings      text[] NOT NULL DEFAULT '{}',
    reason        text NOT NULL DEFAULT ''
);
COMMENT ON TABLE journal.export IS 'One asynchronous job at the service: intended, started, waiting, received, loaded; or refused, unclear, late, no_file.';
COMMENT ON COLUMN journal.export.id IS 'Our number of the export; stands on every row it brought.';
COMMENT ON COLUMN journal.export.run_id IS 'Run that asked for it.';
COMMENT ON COLUMN journal.export.resource IS 'users, deals, payments, group_users, groups, fields.';
COMMENT ON COLUMN journal.export.filter IS 'Date filter used: created_at, status_changed_at, payed_at, finished_at, added_at; empty: none.';
COMMENT ON COLUMN journal.export.from_day IS 'First day of the window, in the account''s zone.';
COMMENT ON COLUMN journal.export.to_day IS 'Last day of the window, inclusive.';
COMMENT ON COLUMN journal.export.status IS 'Status filter; empty: none.';
COMMENT ON COLUMN journal.export.group_id IS 'Group of a group_users export; 0: none.';
COMMENT ON COLUMN journal.export.state IS 'Where it stands.';
COMMENT ON COLUMN journal.export.service_id IS 'The service''s export_id, stored the moment it is known.';
COMMENT ON COLUMN journal.export.intended_at IS 'When it was decided, before anything was sent.';
COMMENT ON COLUMN journal.export.started_at IS 'When the service confirmed the start: its data are as of this moment.';
COMMENT ON COLUMN journal.export.received_at IS 'When the whole body had been received and kept.';
COMMENT ON COLUMN journal.export.loaded_at IS 'When its rows were published.';
COMMENT ON COLUMN journal.export.loaded_run_id IS 'Run that published it.';
COMMENT ON COLUMN journal.export.not_ready IS 'Time after the start at which the last poll found no file yet.';
COMMENT ON COLUMN journal.export.polls IS 'Polls sent.';
COMMENT ON COLUMN journal.export.repeated IS 'The service gave an export_id it had given before: an old snapshot; freshness does not advance.';
COMMENT ON COLUMN journal.export.body_id IS 'The kept body (journal.body); 0: none.';
COMMENT ON COLUMN journal.export.rows IS 'Rows in the body.';
COMMENT ON COLUMN journal.export.headings IS 'Headings of the body as received.';
COMMENT ON COLUMN journal.export.reason IS 'Why it was refused, is unclear or late.';
CREATE INDEX export_state ON journal.export (state);
CREATE INDEX export_service_id ON journal.export (service_id) WHERE service_id <> '';
CREATE INDEX export_resource ON journal.export (resource, received_at);
CREATE INDEX export_run ON journal.export (run_id);

CREATE TABLE journal.request (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id       bigint REFERENCES journal.run,
    export_id    bigint REFERENCES journal.export,
    kind         text NOT NULL,
    what         text NOT NULL,
    why          text NOT NULL DEFAULT '',
    counts       boolean NOT NULL DEFAULT true,
    sent_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    boot_id      text NOT NULL DEFAULT '',
    sent_boot    interval NOT NULL DEFAULT '0',
    answered_at  timestamptz,
    answered_boot interval,
    answer       text NOT NULL DEFAULT '',
    http_status  integer NOT NULL DEFAULT 0,
    code         integer NOT NULL DEFAULT 0,
    message      text NOT NULL DEFAULT '',
    bytes        bigint NOT NULL DEFAULT 0,
    rows         bigint NOT NULL DEFAULT 0,
    service_date text NOT NULL DEFAULT ''
);
COMMENT ON TABLE journal.request IS 'The ledger: every request, committed before it is sent; the answer is added afterwards.';
COMMENT ON COLUMN journal.request.id IS 'Number of the request.';
COMMENT ON COLUMN journal.request.run_id IS 'Run that sent it.';
COMMENT ON COLUMN journal.request.export_id IS 'Export it belongs to; NULL: none.';
COMMENT ON COLUMN journal.request.kind IS 'start, poll, groups, fields, probe, import.';
COMMENT ON COLUMN journal.request.what IS 'Path and parameters, without the key.';
COMMENT ON COLUMN journal.request.why IS 'Why it was sent at that moment.';
COMMENT ON COLUMN journal.request.counts IS 'Whether it counts against the 100 requests per 2 hours.';
COMMENT ON COLUMN journal.request.sent_at IS 'When it was written and then sent, by the database''s clock.';
COMMENT ON COLUMN journal.request.boot_id IS 'Boot of the sending machine, for sent_boot and answered_boot.';
COMMENT ON COLUMN journal.request.sent_boot IS 'Time since boot at sending: a second witness when clocks jump.';
COMMENT ON COLUMN journal.request.answered_at IS 'When the answer had been read; NULL: none was.';
COMMENT ON COLUMN journal.request.answered_boot IS 'Time since boot when the answer had been read.';
COMMENT ON COLUMN journal.request.answer IS 'What the answer meant: Started, Ready, NotReady, Busy, OverLimit, Refused, Unclear, …';
COMMENT ON COLUMN journal.request.http_status IS 'HTTP status; 0: none.';
COMMENT ON COLUMN journal.request.code IS 'error_code of the answer; 0: none.';
COMMENT ON COLUMN journal.request.message IS 'The service''s words or the network''s failure.';
COMMENT ON COLUMN journal.request.bytes IS 'Bytes of the answer''s body as received.';
COMMENT ON COLUMN journal.request.rows IS 'Rows of the table it brought.';
COMMENT ON COLUMN journal.request.service_date IS 'Date header of the answer: the service''s clock.';
CREATE INDEX request_sent ON journal.request (sent_at) WHERE counts;
CREATE INDEX request_run ON journal.request (run_id);
CREATE INDEX request_export ON journal.request (export_id);

CREATE TABLE journal.body (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    export_id   bigint NOT NULL REFERENCES journal.export,
    kept_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    plain_bytes bigint NOT NULL,
    gzip_bytes  bigint NOT NULL,
    chunks      integer NOT NULL,
    hash        text NOT NULL
);
COMMENT ON TABLE journal.body IS 'What an export returned, kept whole and compressed: tables can be rebuilt from it at zero requests.';
COMMENT ON COLUMN journal.body.id IS 'Number of the body.';
COMMENT ON COLUMN journal.body.export_id IS 'Export that returned it.';
COMMENT ON COLUMN journal.body.kept_at IS 'When it was kept.';
COMMENT ON COLUMN journal.body.plain_bytes IS 'Size, uncompressed.';
COMMENT ON COLUMN journal.body.gzip_bytes IS 'Size, compressed.';
COMMENT ON COLUMN journal.body.chunks IS 'Number of chunks.';
COMMENT ON COLUMN journal.body.hash IS 'XXH3-128 of the compressed bytes, hexadecimal.';
CREATE INDEX body_export ON journal.body (export_id);

CREATE TABLE journal.body_chunk (
    body_id bigint NOT NULL REFERENCES journal.body ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    n       integer NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (body_id, n)
);
COMMENT ON TABLE journal.body_chunk IS 'The compressed bytes of a body, in pieces of at most 1 MB.';
COMMENT ON COLUMN journal.body_chunk.body_id IS 'Body it is a piece of.';
COMMENT ON COLUMN journal.body_chunk.n IS 'Number of the piece, from 0.';
COMMENT ON COLUMN journal.body_chunk.data IS 'The bytes (gzip).';
ALTER TABLE journal.body_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
