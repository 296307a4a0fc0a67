-- history: what [keep] history dropped, and that no reader takes a row whose versions are gone for absent. No partitions: every view on history.* hangs on the
-- table itself, and a third of a year's versions are first states, which stay (tests/bench/README.md).
CREATE TABLE journal.history_dropped (
    run_id        bigint NOT NULL REFERENCES journal.run,
    table_name    text NOT NULL,
    dropped_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    policy        text NOT NULL,
    versions      bigint NOT NULL,
    valid_from    timestamptz NOT NULL,
    valid_to      timestamptz NOT NULL,
    closed_run_id bigint NOT NULL,
    PRIMARY KEY (run_id, table_name)
);
COMMENT ON TABLE journal.history_dropped IS 'Earlier versions that [keep] history dropped, a line per run and table. The first state of a row and what a rollback or a replay needs is never among them.';
COMMENT ON COLUMN journal.history_dropped.run_id IS 'Run that dropped them at its end (journal.run).';
COMMENT ON COLUMN journal.history_dropped.table_name IS 'Table.';
COMMENT ON COLUMN journal.history_dropped.dropped_at IS 'When the last of them went.';
COMMENT ON COLUMN journal.history_dropped.policy IS 'The settings that asked for it.';
COMMENT ON COLUMN journal.history_dropped.versions IS 'How many.';
COMMENT ON COLUMN journal.history_dropped.valid_from IS 'Since when the oldest of them had been valid.';
COMMENT ON COLUMN journal.history_dropped.valid_to IS 'When the newest of them had ended: from then on the table''s history is whole.';
COMMENT ON COLUMN journal.history_dropped.closed_run_id IS 'Newest run that had ended one of them: rollback reaches back to the run after it.';

CREATE TABLE history.dropped_statuses (
    id          bigint NOT NULL,
    status      text,
    status_code text,
    run_id      bigint NOT NULL,
    export_id   bigint NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz NOT NULL
);
CREATE INDEX ON history.dropped_statuses (id, valid_to);
COMMENT ON TABLE history.dropped_statuses IS 'Of versions of orders that [keep] history dropped, the status, where it began or ended with them: history.deal_statuses and report.changes stay whole.';
COMMENT ON COLUMN history.dropped_statuses.id IS 'Order (mirror.deals.id).';
COMMENT ON COLUMN history.dropped_statuses.status IS 'Status label as exported.';
COMMENT ON COLUMN history.dropped_statuses.status_code IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN history.dropped_statuses.run_id IS 'Run that wrote the version (journal.run).';
COMMENT ON COLUMN history.dropped_statuses.export_id IS 'Export that brought it (journal.export).';
COMMENT ON COLUMN history.dropped_statuses.valid_from IS 'State of the data that showed it first.';
COMMENT ON COLUMN history.dropped_statuses.valid_to IS 'When the next version began.';

CREATE VIEW history.horizon AS
SELECT t.table_name, d.dropped_from, d.dropped_until, coalesce(d.versions, 0)::bigint AS versions_dropped, d.last_dropped_at,
       greatest(c.reltuples, 0)::bigint AS versions, pg_total_relation_size(c.oid) AS bytes
FROM (VALUES ('users', 1), ('groups', 2), ('memberships', 3), ('deals', 4), ('payments', 5)) t(table_name, place)
JOIN pg_class c ON c.relnamespace = 'history'::regnamespace AND c.relname = t.table_name
LEFT JOIN (SELECT table_name, min(valid_from) AS dropped_from, max(valid_to) AS dropped_until, sum(versions) AS versions, max(dropped_at) AS last_dropped_at
           FROM journal.history_dropped GROUP BY table_name) d ON d.table_name = t.table_name
ORDER BY t.place;
COMMENT ON VIEW history.horizon IS 'What history holds, table by table, and what [keep] history dropped. Between dropped_from and dropped_until a row of history may be lacking: as_of refuses such a moment.';
COMMENT ON COLUMN history.horizon.table_name IS 'Table.';
COMMENT ON COLUMN history.horizon.dropped_from IS 'Up to this moment every state is known, too; NULL: nothing was dropped.';
COMMENT ON COLUMN history.horizon.dropped_until IS 'From this moment on every state is known; NULL: nothing was dropped, all of them are.';
COMMENT ON COLUMN history.horizon.versions_dropped IS 'Earlier versions dropped so far.';
COMMENT ON COLUMN history.horizon.last_dropped_at IS 'When the last of them went.';
COMMENT ON COLUMN history.horizon.versions IS 'Earlier versions held, as the server last estimated.';
COMMENT ON COLUMN history.horizon.bytes IS 'Bytes on disk, indexes included; what was dropped leaves room for the next versions.';

CREATE FUNCTION history.held(what text, moment timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    since timestamptz;
    until timestamptz;
BEGIN
    IF moment IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT min(d.valid_from), max(d.valid_to) INTO since, until FROM journal.history_dropped d WHERE d.table_name = what;
    IF moment >= since AND moment < until THEN
        RAISE 'the state of % at % is not known any more: the history of % is whole from % on', what, moment, what, until
            USING ERRCODE = 'datetime_field_overflow', HINT = 'Ask for that moment or a later one. [keep] history dropped what was before; history.horizon shows it.';
    END IF;
    RETURN moment;
END $$;
COMMENT ON FUNCTION history.held(text, timestamptz) IS 'The moment asked for; an error when versions of that table that were valid then have been dropped: what is gone is not absent.';

DO $$
DECLARE
    t text;
    columns text;
BEGIN
    FOREACH t IN ARRAY ARRAY['users', 'groups', 'memberships', 'deals', 'payments'] LOOP
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute WHERE attrelid = ('history.' || t || '_at')::regclass AND attnum > 0 AND NOT attisdropped;
        EXECUTE format('CREATE OR REPLACE VIEW history.%1$I AS SELECT %2$s FROM mirror.%3$I WHERE (SELECT history.as_of()) IS NULL '
                       'UNION ALL SELECT %2$s FROM mirror.%3$I WHERE (SELECT history.held(%3$L, history.as_of())) IS NOT NULL AND valid_from <= (SELECT history.as_of()) '
                       'UNION ALL SELECT %2$s FROM history.%3$I WHERE (SELECT history.held(%3$L, history.as_of())) IS NOT NULL AND valid_from <= (SELECT history.as_of()) AND valid_to > (SELECT history.as_of())',
                       t || '_at', columns, t);
        SELECT string_agg('v.' || quote_ident(attname), ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute WHERE attrelid = ('mirror.' || t)::regclass AND attnum > 0 AND NOT attisdropped;
        EXECUTE format('CREATE OR REPLACE FUNCTION history.%1$I(moment timestamptz) RETURNS SETOF mirror.%3$I LANGUAGE sql STABLE AS $f$ '
                       'SELECT %2$s FROM mirror.%3$I v WHERE (SELECT history.held(%3$L, moment)) IS NOT NULL AND v.valid_from <= moment '
                       'UNION ALL SELECT %2$s FROM history.%3$I v WHERE (SELECT history.held(%3$L, moment)) IS NOT NULL AND v.valid_from <= moment AND v.valid_to > moment $f$',
                       t || '_as_of', columns, t);
    END LOOP;
END $$;

CREATE OR REPLACE VIEW history.deal_statuses AS
SELECT id AS deal_id, status, status_code, min(valid_from) AS since, nullif(max(coalesce(valid_to, 'infinity')), 'infinity') AS until
FROM (
    SELECT v.*, count(*) FILTER (WHERE changed) OVER (PARTITION BY id ORDER BY valid_from) AS stretch
    FROM (
        SELECT u.*, status IS DISTINCT FROM lag(status) OVER (PARTITION BY id ORDER BY valid_from) AS changed
        FROM (SELECT id, status, status_code, valid_from, valid_to FROM history.deals
              UNION ALL
              SELECT id, status, status_code, valid_from, valid_to FROM history.dropped_statuses
              UNION ALL
              SELECT id, status, status_code, valid_from, NULL FROM mirror.deals) u
    ) v
) w
GROUP BY id, status, status_code, stretch;

CREATE OR REPLACE VIEW history.order_changes AS
SELECT (v.valid_from AT TIME ZONE s.time_zone)::date AS day, v.valid_from AS changed_at, v.id AS order_id, b.status AS from_status, v.status AS to_status, v.run_id, v.export_id
FROM (SELECT id, status, valid_to FROM history.deals UNION ALL SELECT id, status, valid_to FROM history.dropped_statuses) b
JOIN (SELECT id, status, valid_from, run_id, export_id FROM mirror.deals UNION ALL SELECT id, status, valid_from, run_id, export_id FROM history.deals
      UNION ALL SELECT id, status, valid_from, run_id, export_id FROM history.dropped_statuses) v ON v.id = b.id AND v.valid_from = b.valid_to
CROSS JOIN report.settings s
WHERE v.status IS DISTINCT FROM b.status;

SELECT report.publish_masked(), report.grant_roles();
