-- journal: the account of every load: rejects, certificates, coverage, layouts, the registry of custom fields.
CREATE SCHEMA mirror;
COMMENT ON SCHEMA mirror IS 'The school as of the last sync: one row per user, deal, payment, group and membership.';
CREATE SCHEMA history;
COMMENT ON SCHEMA history IS 'Earlier versions of the rows in mirror, with the time they were valid.';

CREATE TABLE journal.reject (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id     bigint NOT NULL REFERENCES journal.run,
    export_id  bigint NOT NULL REFERENCES journal.export,
    table_name text NOT NULL,
    row_no     bigint NOT NULL,
    row_key    text NOT NULL DEFAULT '',
    heading    text NOT NULL DEFAULT '',
    raw        text NOT NULL DEFAULT '',
    reason     text NOT NULL,
    set_aside  boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE journal.reject IS 'Cells and rows that could not become a value, with the text as received. The row itself is loaded unless set_aside.';
COMMENT ON COLUMN journal.reject.id IS 'Number of the reject.';
COMMENT ON COLUMN journal.reject.run_id IS 'Run that loaded the body.';
COMMENT ON COLUMN journal.reject.export_id IS 'Export whose body holds it.';
COMMENT ON COLUMN journal.reject.table_name IS 'Table it was meant for.';
COMMENT ON COLUMN journal.reject.row_no IS 'Row in the body, from 1.';
COMMENT ON COLUMN journal.reject.row_key IS 'Key of the row, when it has one.';
COMMENT ON COLUMN journal.reject.heading IS 'Heading of the cell; empty: the whole row.';
COMMENT ON COLUMN journal.reject.raw IS 'The text as received, at most 2000 bytes.';
COMMENT ON COLUMN journal.reject.reason IS 'Why: not money, no such date, short row, no key, …';
COMMENT ON COLUMN journal.reject.set_aside IS 'Whether the whole row was left out of the table.';
CREATE INDEX reject_export ON journal.reject (export_id);

CREATE TABLE journal.certificate (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id     bigint NOT NULL REFERENCES journal.run,
    export_id  bigint NOT NULL REFERENCES journal.export,
    table_name text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    rows       bigint NOT NULL,
    inserted   bigint NOT NULL,
    changed    bigint NOT NULL,
    unchanged  bigint NOT NULL,
    duplicate  bigint NOT NULL,
    set_aside  bigint NOT NULL,
    older      bigint NOT NULL,
    rejects    bigint NOT NULL,
    money      jsonb NOT NULL DEFAULT '[]',
    balanced   boolean NOT NULL,
    previous   text NOT NULL,
    hash       text NOT NULL
);
COMMENT ON TABLE journal.certificate IS 'The balanced account of a load: every row of the body is accounted for, money in the body equals money in the table.';
COMMENT ON COLUMN journal.certificate.id IS 'Number of the certificate.';
COMMENT ON COLUMN journal.certificate.run_id IS 'Run that loaded the body.';
COMMENT ON COLUMN journal.certificate.export_id IS 'Export that was loaded.';
COMMENT ON COLUMN journal.certificate.table_name IS 'Table it was loaded into.';
COMMENT ON COLUMN journal.certificate.made_at IS 'When.';
COMMENT ON COLUMN journal.certificate.rows IS 'Rows in the body = inserted + changed + unchanged + duplicate + set_aside + older.';
COMMENT ON COLUMN journal.certificate.inserted IS 'Rows with a key that was not known.';
COMMENT ON COLUMN journal.certificate.changed IS 'Rows whose values differ from the stored ones.';
COMMENT ON COLUMN journal.certificate.unchanged IS 'Rows equal to the stored ones.';
COMMENT ON COLUMN journal.certificate.duplicate IS 'Rows whose key stands again further down in the same body.';
COMMENT ON COLUMN journal.certificate.set_aside IS 'Rows left out, each with a reject.';
COMMENT ON COLUMN journal.certificate.older IS 'Rows for which the table already had a newer state.';
COMMENT ON COLUMN journal.certificate.rejects IS 'Cells and rows with a reject.';
COMMENT ON COLUMN journal.certificate.money IS 'Sums by column, currency and status in the body and in the table.';
COMMENT ON COLUMN journal.certificate.balanced IS 'Whether rows and money agree; nothing unbalanced is published.';
COMMENT ON COLUMN journal.certificate.previous IS 'Hash of the certificate before: the chain.';
COMMENT ON COLUMN journal.certificate.hash IS 'SHA-256 over this certificate and the one before.';

CREATE TABLE journal.coverage (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id     bigint NOT NULL REFERENCES journal.run,
    export_id  bigint NOT NULL REFERENCES journal.export,
    table_name text NOT NULL,
    filter     text NOT NULL,
    from_day   date NOT NULL,
    to_day     date NOT NULL,
    as_of      timestamptz NOT NULL,
    rows       bigint NOT NULL,
    complete   boolean NOT NULL
);
COMMENT ON TABLE journal.coverage IS 'Which days of which table were read, by which filter, as of when.';
COMMENT ON COLUMN journal.coverage.id IS 'Number of the line.';
COMMENT ON COLUMN journal.coverage.run_id IS 'Run that published it.';
COMMENT ON COLUMN journal.coverage.export_id IS 'Export that read it.';
COMMENT ON COLUMN journal.coverage.table_name IS 'Table.';
COMMENT ON COLUMN journal.coverage.filter IS 'Filter of the window: created_at, status_changed_at, payed_at, added_at.';
COMMENT ON COLUMN journal.coverage.from_day IS 'First day, in the account''s zone.';
COMMENT ON COLUMN journal.coverage.to_day IS 'Last day.';
COMMENT ON COLUMN journal.coverage.as_of IS 'State of the data: when the service began the export.';
COMMENT ON COLUMN journal.coverage.rows IS 'Rows in the body.';
COMMENT ON COLUMN journal.coverage.complete IS 'Whether the body must hold every row of the window: no further filter, not empty, not repeated.';
CREATE INDEX coverage_table ON journal.coverage (table_name, filter, as_of);

CREATE TABLE journal.heading (
    table_name text NOT NULL,
    layout     text NOT NULL,
    headings   text[] NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    export_id  bigint NOT NULL REFERENCES journal.export,
    problems   text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (table_name, layout)
);
COMMENT ON TABLE journal.heading IS 'Layouts seen: the headings of a body, once per distinct list.';
COMMENT ON COLUMN journal.heading.table_name IS 'Table.';
COMMENT ON COLUMN journal.heading.layout IS 'Hash of the list of headings.';
COMMENT ON COLUMN journal.heading.headings IS 'The headings in order.';
COMMENT ON COLUMN journal.heading.first_seen IS 'When this layout was met first.';
COMMENT ON COLUMN journal.heading.export_id IS 'Export that brought it first.';
COMMENT ON COLUMN journal.heading.problems IS 'What could not be assigned beyond doubt.';

CREATE TABLE mirror.custom_fields (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    field_id   bigint,
    title      text NOT NULL,
    ordinal    integer NOT NULL DEFAULT 1,
    name       text NOT NULL,
    type       text NOT NULL DEFAULT 'text',
    position   integer NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    policy     text NOT NULL DEFAULT 'evolve' CHECK (policy IN ('evolve', 'freeze', 'quarantine')),
    UNIQUE (table_name, name),
    UNIQUE (table_name, position)
);
CREATE UNIQUE INDEX custom_fields_field_id ON mirror.custom_fields (table_name, field_id) WHERE field_id IS NOT NULL;
COMMENT ON TABLE mirror.custom_fields IS 'Custom fields of users and deals and the column name each is kept under; the name never changes.';
COMMENT ON COLUMN mirror.custom_fields.id IS 'Number of the line.';
COMMENT ON COLUMN mirror.custom_fields.table_name IS 'users or deals.';
COMMENT ON COLUMN mirror.custom_fields.field_id IS 'The field''s id in GetCourse; NULL: not matched to the fields list yet.';
COMMENT ON COLUMN mirror.custom_fields.title IS 'Its newest title in GetCourse; may be empty.';
COMMENT ON COLUMN mirror.custom_fields.ordinal IS 'Which of several equal titles, from the left.';
COMMENT ON COLUMN mirror.custom_fields.name IS 'Key in custom and column of the wide view.';
COMMENT ON COLUMN mirror.custom_fields.type IS 'What the wide view shows: text, boolean, date, numeric.';
COMMENT ON COLUMN mirror.custom_fields.position IS 'Order in the wide view; never changes.';
COMMENT ON COLUMN mirror.custom_fields.first_seen IS 'When it was met first.';
COMMENT ON COLUMN mirror.custom_fields.policy IS 'evolve: shown in the wide view; freeze: kept but not shown; quarantine: not kept until a person decides.';

-- Safe casts for the wide views: what cannot be read is NULL, the text stays in custom.
CREATE FUNCTION mirror.as_date(value text) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF value ~ '^\d{4}-\d{2}-\d{2}' THEN RETURN make_date(substr(value, 1, 4)::int, substr(value, 6, 2)::int, substr(value, 9, 2)::int); END IF;
    IF value ~ '^\d{2}\.\d{2}\.\d{4}' THEN RETURN make_date(substr(value, 7, 4)::int, substr(value, 4, 2)::int, substr(value, 1, 2)::int); END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN RETURN NULL;
END $$;
COMMENT ON FUNCTION mirror.as_date(text) IS 'YYYY-MM-DD or DD.MM.YYYY as a date; anything else is NULL.';
CREATE FUNCTION mirror.as_boolean(value text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN lower(trim(value)) IN ('да', '1', 'true', 'yes') THEN true
                WHEN lower(trim(value)) IN ('нет', '0', 'false', 'no') THEN false END
$$;
COMMENT ON FUNCTION mirror.as_boolean(text) IS 'Да/1/true/yes and Нет/0/false/no; anything else is NULL.';
CREATE FUNCTION mirror.as_numeric(value text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN replace(translate(value, E' \u00a0\u202f\u2009''', ''), ',', '.') ~ '^[+-]?\d+(\.\d+)?$'
                THEN replace(translate(value, E' \u00a0\u202f\u2009''', ''), ',', '.')::numeric END
$$;
COMMENT ON FUNCTION mirror.as_numeric(text) IS 'A plain or Russian-written number; anything else is NULL.';

CREATE VIEW journal.freshness AS
SELECT c.table_name,
       max(c.as_of) FILTER (WHERE c.filter IN ('created_at', '')) AS new_rows_as_of,
       max(c.as_of) FILTER (WHERE c.filter IN ('status_changed_at', 'payed_at', 'added_at')) AS changes_as_of,
       max(c.as_of) AS as_of,
       min(c.from_day) AS from_day,
       max(c.to_day) AS to_day
FROM journal.coverage c
WHERE c.complete
GROUP BY c.table_name;
COMMENT ON VIEW journal.freshness IS 'Per table: as of when new rows and changes are known, and the span of days read.';
COMMENT ON COLUMN journal.freshness.table_name IS 'Table.';
COMMENT ON COLUMN journal.freshness.new_rows_as_of IS 'Rows created before this moment are in the mirror.';
COMMENT ON COLUMN journal.freshness.changes_as_of IS 'Changes of status or payment before this moment are in the mirror.';
COMMENT ON COLUMN journal.freshness.as_of IS 'The newest state of any kind.';
COMMENT ON COLUMN journal.freshness.from_day IS 'First day ever read.';
COMMENT ON COLUMN journal.freshness.to_day IS 'Last day ever read.';
