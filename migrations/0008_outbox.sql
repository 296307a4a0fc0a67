-- outbox: what goes back to GetCourse: plans, changes, approvals, attempts, verdicts, the audit, the ledger of creations.
CREATE SCHEMA outbox;
COMMENT ON SCHEMA outbox IS 'Write-back: changes planned, approved, sent and confirmed by the next export. Analysts may insert into outbox.change.';

CREATE TABLE outbox.plan (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    source     text NOT NULL CHECK (source IN ('query', 'csv', 'outbox')),
    object     text NOT NULL CHECK (object IN ('users', 'deals', 'mixed')),
    mode       text NOT NULL CHECK (mode IN ('create', 'update', 'upsert', 'mixed')),
    query      text NOT NULL DEFAULT '',
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by    text NOT NULL,
    expires_at timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'approved', 'done', 'cancelled')),
    requests   bigint NOT NULL DEFAULT 0,
    creations  bigint NOT NULL DEFAULT 0,
    payments   bigint NOT NULL DEFAULT 0,
    already_so bigint NOT NULL DEFAULT 0,
    refused    bigint NOT NULL DEFAULT 0,
    refusals   jsonb NOT NULL DEFAULT '[]',
    warnings   jsonb NOT NULL DEFAULT '[]',
    hash       text NOT NULL DEFAULT ''
);
COMMENT ON TABLE outbox.plan IS 'A set of changes that is approved and sent as one; bound to the hash of its content.';
COMMENT ON COLUMN outbox.plan.id IS 'Number of the plan.';
COMMENT ON COLUMN outbox.plan.name IS 'Name of the query, of the file, or outbox.';
COMMENT ON COLUMN outbox.plan.source IS 'query: jobs/write_back or the school''s directory; csv: file or stdin; outbox: rows inserted by analysts.';
COMMENT ON COLUMN outbox.plan.object IS 'users or deals: which import carries its changes; mixed: both.';
COMMENT ON COLUMN outbox.plan.mode IS 'create, update or upsert; mixed: each change has its own.';
COMMENT ON COLUMN outbox.plan.query IS 'Text of the query; empty for other sources.';
COMMENT ON COLUMN outbox.plan.made_at IS 'When it was made.';
COMMENT ON COLUMN outbox.plan.made_by IS 'Who made it: user of the operating system.';
COMMENT ON COLUMN outbox.plan.expires_at IS 'Past this nothing of it is sent any more.';
COMMENT ON COLUMN outbox.plan.state IS 'planned, approved, done (every change has its verdict), cancelled.';
COMMENT ON COLUMN outbox.plan.requests IS 'Requests it needs: one per change.';
COMMENT ON COLUMN outbox.plan.creations IS 'People and orders it creates; they count against the monthly allowance.';
COMMENT ON COLUMN outbox.plan.payments IS 'Orders it completes: each makes a payment.';
COMMENT ON COLUMN outbox.plan.already_so IS 'Rows left out since the mirror shows already what they want.';
COMMENT ON COLUMN outbox.plan.refused IS 'Rows left out since they cannot be sent.';
COMMENT ON COLUMN outbox.plan.refusals IS 'Those rows, each with its reason.';
COMMENT ON COLUMN outbox.plan.warnings IS 'What whoever approves should know.';
COMMENT ON COLUMN outbox.plan.hash IS 'outbox.plan_hash when it was made.';

CREATE TABLE outbox.change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id     bigint REFERENCES outbox.plan,
    inserted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    inserted_by text NOT NULL DEFAULT session_user,
    mode        text NOT NULL DEFAULT 'update' CHECK (mode IN ('create', 'update', 'upsert')),
    wanted      jsonb NOT NULL CHECK (jsonb_typeof(wanted) = 'object'),
    note        text NOT NULL DEFAULT '',
    row_no      bigint NOT NULL DEFAULT 0,
    object      text NOT NULL DEFAULT '',
    key         text NOT NULL DEFAULT '',
    email_key   text NOT NULL DEFAULT '',
    deal_number text NOT NULL DEFAULT '',
    creates     integer NOT NULL DEFAULT 0,
    pays        boolean NOT NULL DEFAULT false,
    differences jsonb NOT NULL DEFAULT '[]',
    document    text NOT NULL DEFAULT '',
    state       text NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'planned', 'sending', 'written', 'unclear', 'confirmed', 'refused', 'contradicted', 'cancelled')),
    settled_at  timestamptz
);
COMMENT ON TABLE outbox.change IS 'One change of one person or order. Analysts insert wanted (and mode, note): INSERT INTO outbox.change (wanted) VALUES (''{"email": "a@example.com", "group_add": "VIP"}'').';
COMMENT ON COLUMN outbox.change.id IS 'Number of the change.';
COMMENT ON COLUMN outbox.change.plan_id IS 'Plan it belongs to; NULL: not planned yet.';
COMMENT ON COLUMN outbox.change.inserted_at IS 'When it came.';
COMMENT ON COLUMN outbox.change.inserted_by IS 'Database user who inserted it.';
COMMENT ON COLUMN outbox.change.mode IS 'create, update or upsert.';
COMMENT ON COLUMN outbox.change.wanted IS 'What is wanted: the columns of a write-back query as keys.';
COMMENT ON COLUMN outbox.change.note IS 'Why, for people; never sent.';
COMMENT ON COLUMN outbox.change.row_no IS 'Row of the source it was made from, from 1.';
COMMENT ON COLUMN outbox.change.object IS 'users or deals; empty until planned.';
COMMENT ON COLUMN outbox.change.key IS 'E-mail for joining, or order number; empty until planned.';
COMMENT ON COLUMN outbox.change.email_key IS 'E-mail of the person, for joining.';
COMMENT ON COLUMN outbox.change.deal_number IS 'Number of the order, fixed before the first attempt; empty for people.';
COMMENT ON COLUMN outbox.change.creates IS 'People and orders it was expected to create.';
COMMENT ON COLUMN outbox.change.pays IS 'Whether it completes an order, which makes a payment.';
COMMENT ON COLUMN outbox.change.differences IS 'Per field: old (the mirror at planning), new, and where exports show it (empty: nowhere).';
COMMENT ON COLUMN outbox.change.document IS 'The JSON document as it is sent, without the key.';
COMMENT ON COLUMN outbox.change.state IS 'waiting (for a plan), planned, sending, written (the service says so), unclear, confirmed, refused, contradicted, cancelled.';
COMMENT ON COLUMN outbox.change.settled_at IS 'When its verdict became final; NULL: open.';
CREATE INDEX change_plan ON outbox.change (plan_id, id);
CREATE INDEX change_open ON outbox.change (state) WHERE settled_at IS NULL;

CREATE FUNCTION outbox.plan_hash(which bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(p.name || E'\n' || p.object || E'\n' || p.mode || E'\n' || coalesce(
        (SELECT string_agg(jsonb_build_array(c.id, c.object, c.key, c.email_key, c.deal_number, c.creates, c.pays, c.differences, c.document)::text, E'\n' ORDER BY c.id)
         FROM outbox.change c WHERE c.plan_id = p.id), ''), 'UTF8')), 'hex')
    FROM outbox.plan p WHERE p.id = which
$$;
COMMENT ON FUNCTION outbox.plan_hash(bigint) IS 'SHA-256 over everything a plan would send; compared at approval and before sending.';

CREATE TABLE outbox.approval (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id     bigint NOT NULL REFERENCES outbox.plan,
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    approved_by text NOT NULL CHECK (approved_by <> ''),
    hash        text NOT NULL
);
COMMENT ON TABLE outbox.approval IS 'Who let a plan go, and of which content.';
COMMENT ON COLUMN outbox.approval.id IS 'Number of the approval.';
COMMENT ON COLUMN outbox.approval.plan_id IS 'Plan approved.';
COMMENT ON COLUMN outbox.approval.approved_at IS 'When.';
COMMENT ON COLUMN outbox.approval.approved_by IS 'By whom, as given with --by.';
COMMENT ON COLUMN outbox.approval.hash IS 'Hash of the content that was approved.';
CREATE INDEX approval_plan ON outbox.approval (plan_id);

CREATE TABLE outbox.attempt (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id   bigint NOT NULL REFERENCES outbox.change,
    request_id  bigint NOT NULL REFERENCES journal.request,
    sent_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    answered_at timestamptz,
    outcome     text NOT NULL DEFAULT ''
                CHECK (outcome IN ('', 'written', 'refused', 'unclear', 'not_sent', 'not_taken', 'allowance')),
    message     text NOT NULL DEFAULT '',
    user_id     text NOT NULL DEFAULT '',
    user_status text NOT NULL DEFAULT '',
    deal_id     text NOT NULL DEFAULT '',
    deal_number text NOT NULL DEFAULT ''
);
COMMENT ON TABLE outbox.attempt IS 'One request for one change, committed before it leaves.';
COMMENT ON COLUMN outbox.attempt.id IS 'Number of the attempt.';
COMMENT ON COLUMN outbox.attempt.change_id IS 'Change it carried.';
COMMENT ON COLUMN outbox.attempt.request_id IS 'Line of the ledger (journal.request).';
COMMENT ON COLUMN outbox.attempt.sent_at IS 'When it left, or was about to.';
COMMENT ON COLUMN outbox.attempt.answered_at IS 'When its outcome was known; NULL: the process ended before.';
COMMENT ON COLUMN outbox.attempt.outcome IS 'written, refused, unclear (no or half an answer), not_sent (provably never left), not_taken (redirect, key, rights: nothing written), allowance (spent).';
COMMENT ON COLUMN outbox.attempt.message IS 'The service''s words or the network''s failure.';
COMMENT ON COLUMN outbox.attempt.user_id IS 'Person as the answer names it.';
COMMENT ON COLUMN outbox.attempt.user_status IS 'added or updated.';
COMMENT ON COLUMN outbox.attempt.deal_id IS 'Order as the answer names it.';
COMMENT ON COLUMN outbox.attempt.deal_number IS 'Its number as the answer names it.';
CREATE INDEX attempt_change ON outbox.attempt (change_id, id);
CREATE INDEX attempt_request ON outbox.attempt (request_id);

CREATE TABLE outbox.verdict (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id bigint NOT NULL REFERENCES outbox.change,
    given_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    verdict   text NOT NULL CHECK (verdict IN ('confirmed', 'refused', 'unclear', 'contradicted')),
    final     boolean NOT NULL,
    message   text NOT NULL DEFAULT '',
    shown     jsonb NOT NULL DEFAULT '[]',
    run_id    bigint REFERENCES journal.run
);
COMMENT ON TABLE outbox.verdict IS 'What became of a change; kept for ever.';
COMMENT ON COLUMN outbox.verdict.id IS 'Number of the verdict.';
COMMENT ON COLUMN outbox.verdict.change_id IS 'Change it is about.';
COMMENT ON COLUMN outbox.verdict.given_at IS 'When.';
COMMENT ON COLUMN outbox.verdict.verdict IS 'confirmed (an export shows it), refused (message), unclear, contradicted (an export shows something else).';
COMMENT ON COLUMN outbox.verdict.final IS 'Whether it ends the matter; false: the change may be sent again.';
COMMENT ON COLUMN outbox.verdict.message IS 'The service''s words, or what was missing.';
COMMENT ON COLUMN outbox.verdict.shown IS 'Per field that is not as wanted: what the export shows, and what was wanted.';
COMMENT ON COLUMN outbox.verdict.run_id IS 'Run that gave it (journal.run); NULL: push verify.';
CREATE INDEX verdict_change ON outbox.verdict (change_id, id);

CREATE TABLE outbox.creation (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    period    date NOT NULL,
    change_id bigint REFERENCES outbox.change,
    objects   integer NOT NULL,
    state     text NOT NULL CHECK (state IN ('reserved', 'made', 'released', 'exhausted')),
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE outbox.creation IS 'Ledger of the monthly allowance: what was created, or may have been.';
COMMENT ON COLUMN outbox.creation.id IS 'Number of the line.';
COMMENT ON COLUMN outbox.creation.period IS 'First day of the month of the allowance ([write_back] allowance_day).';
COMMENT ON COLUMN outbox.creation.change_id IS 'Change that creates; NULL for exhausted.';
COMMENT ON COLUMN outbox.creation.objects IS 'People and orders.';
COMMENT ON COLUMN outbox.creation.state IS 'reserved before sending, then made or released; exhausted: the service said the allowance of the period is spent.';
COMMENT ON COLUMN outbox.creation.at IS 'When the line was written or changed.';
CREATE INDEX creation_period ON outbox.creation (period);
CREATE INDEX creation_change ON outbox.creation (change_id);

CREATE TABLE outbox.audit (
    id            bigint PRIMARY KEY,
    at            timestamptz NOT NULL,
    who           text NOT NULL,
    database_user text NOT NULL,
    what          text NOT NULL,
    plan_id       bigint,
    detail        text NOT NULL DEFAULT '',
    previous      text NOT NULL,
    hash          text NOT NULL
);
COMMENT ON TABLE outbox.audit IS 'Who planned, approved, sent, cancelled. Append-only; each line carries the hash of the one before.';
COMMENT ON COLUMN outbox.audit.id IS 'Number of the line, without gaps.';
COMMENT ON COLUMN outbox.audit.at IS 'When.';
COMMENT ON COLUMN outbox.audit.who IS 'The person, as given or as the operating system knows them.';
COMMENT ON COLUMN outbox.audit.database_user IS 'The database user.';
COMMENT ON COLUMN outbox.audit.what IS 'plan, approve, send, cancel, …';
COMMENT ON COLUMN outbox.audit.plan_id IS 'Plan it is about.';
COMMENT ON COLUMN outbox.audit.detail IS 'Figures and hash of the plan.';
COMMENT ON COLUMN outbox.audit.previous IS 'Hash of the line before; empty for the first.';
COMMENT ON COLUMN outbox.audit.hash IS 'outbox.audit_hash of this line.';

CREATE FUNCTION outbox.audit_hash(line outbox.audit) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(line.previous, line.id, to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        line.who, line.database_user, line.what, line.plan_id, line.detail)::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION outbox.audit_hash(outbox.audit) IS 'SHA-256 over a line of the audit and the hash of the one before.';

-- Number, time, user and hash are made here, so that a line written by hand is chained, too.
CREATE FUNCTION outbox.chain_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('outbox.audit', 0));
    SELECT coalesce(max(a.id), 0) + 1, coalesce((SELECT b.hash FROM outbox.audit b ORDER BY b.id DESC LIMIT 1), '')
        INTO NEW.id, NEW.previous FROM outbox.audit a;
    NEW.at := clock_timestamp();
    NEW.database_user := session_user;
    NEW.hash := outbox.audit_hash(NEW);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION outbox.chain_audit() IS 'Chains a new line of the audit to the one before.';
CREATE TRIGGER chain BEFORE INSERT ON outbox.audit FOR EACH ROW EXECUTE FUNCTION outbox.chain_audit();

CREATE FUNCTION outbox.only_append() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % is not allowed', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION outbox.only_append() IS 'Refuses UPDATE, DELETE and TRUNCATE, whoever asks.';
CREATE TRIGGER only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox.audit FOR EACH STATEMENT EXECUTE FUNCTION outbox.only_append();
CREATE TRIGGER only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox.approval FOR EACH STATEMENT EXECUTE FUNCTION outbox.only_append();
CREATE TRIGGER only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox.verdict FOR EACH STATEMENT EXECUTE FUNCTION outbox.only_append();
REVOKE UPDATE, DELETE, TRUNCATE ON outbox.audit, outbox.approval, outbox.verdict FROM PUBLIC, CURRENT_USER;

CREATE VIEW outbox.audit_breaks AS
SELECT a.id FROM (SELECT a AS line, a.id, a.previous, a.hash, lag(a.hash, 1, '') OVER (ORDER BY a.id) AS before, row_number() OVER (ORDER BY a.id) AS n FROM outbox.audit a) a
WHERE a.previous <> a.before OR a.id <> a.n OR a.hash <> outbox.audit_hash(a.line);
COMMENT ON VIEW outbox.audit_breaks IS 'Lines of the audit that do not fit the chain; none when nobody tampered with it.';
COMMENT ON COLUMN outbox.audit_breaks.id IS 'Number of the line.';

CREATE VIEW outbox.result AS
SELECT c.id AS change_id, c.plan_id, c.object, c.key, c.state, c.settled_at, v.verdict, v.message, v.shown, c.differences
FROM outbox.change c
LEFT JOIN LATERAL (SELECT * FROM outbox.verdict v WHERE v.change_id = c.id ORDER BY v.id DESC LIMIT 1) v ON true;
COMMENT ON VIEW outbox.result IS 'Each change with its newest verdict.';
COMMENT ON COLUMN outbox.result.change_id IS 'Number of the change.';
COMMENT ON COLUMN outbox.result.plan_id IS 'Its plan.';
COMMENT ON COLUMN outbox.result.object IS 'users or deals.';
COMMENT ON COLUMN outbox.result.key IS 'E-mail for joining, or order number.';
COMMENT ON COLUMN outbox.result.state IS 'Where it stands.';
COMMENT ON COLUMN outbox.result.settled_at IS 'When its verdict became final; NULL: open.';
COMMENT ON COLUMN outbox.result.verdict IS 'Newest verdict.';
COMMENT ON COLUMN outbox.result.message IS 'Its reason.';
COMMENT ON COLUMN outbox.result.shown IS 'What the export showed instead.';
COMMENT ON COLUMN outbox.result.differences IS 'What was to change.';

-- Whoever inserts changes and sees what became of them, and nothing else.
CREATE FUNCTION outbox.grant_roles() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_writer') THEN
        BEGIN
            CREATE ROLE gcmirror_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 50;
            ALTER ROLE gcmirror_writer SET statement_timeout = '5min';
        EXCEPTION
            WHEN insufficient_privilege THEN RAISE NOTICE 'role gcmirror_writer was not made: this user may not make roles';
            WHEN duplicate_object OR unique_violation THEN NULL;   -- another database of this server made it at the same moment
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_writer') THEN
        GRANT USAGE ON SCHEMA outbox TO gcmirror_writer;
        GRANT SELECT ON outbox.plan, outbox.change, outbox.result, outbox.verdict, outbox.approval, outbox.attempt TO gcmirror_writer;
        GRANT INSERT (mode, wanted, note) ON outbox.change TO gcmirror_writer;
    END IF;
END $$;
COMMENT ON FUNCTION outbox.grant_roles() IS 'Makes gcmirror_writer where it is missing: may insert changes, and read plans and verdicts.';
SELECT outbox.grant_roles();
