-- What the overview has of its own: schema fleet for readers, fleet_own for gcmirror. Run once by each version of gcmirror.
CREATE SCHEMA IF NOT EXISTS fleet_own;
CREATE SCHEMA IF NOT EXISTS fleet;
COMMENT ON SCHEMA fleet IS 'All schools at once: a table per thing, a partition per school; fleet.schools says who is in it. Made by gcmirror fleet views.';

DO $$
BEGIN
    IF to_regclass('fleet_own.lock') IS NULL THEN
        CREATE TABLE fleet_own.lock ();
        COMMENT ON TABLE fleet_own.lock IS 'Locked by the refresh that runs.';
    END IF;
END $$;
CREATE TABLE IF NOT EXISTS fleet.schools (
    school         text PRIMARY KEY,
    state          text NOT NULL CHECK (state IN ('read', 'partly', 'left out')),
    reason         text NOT NULL DEFAULT '',
    things         text[] NOT NULL DEFAULT '{}',
    zone           text,
    as_of          timestamptz,
    loaded_at      timestamptz,
    schema_version integer,
    database       text,
    reached_at     timestamptz,
    checked_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE fleet.schools IS 'Which schools the tables beside it hold, as of the last gcmirror fleet views. A school that is not "read" is missing from some or all of them.';
COMMENT ON COLUMN fleet.schools.school IS 'Name of its file in the folder of schools; column school of the tables.';
COMMENT ON COLUMN fleet.schools.state IS 'read: in every table; partly: missing from some; left out: from all.';
COMMENT ON COLUMN fleet.schools.reason IS 'Why it is not in all of them, and what to do.';
COMMENT ON COLUMN fleet.schools.things IS 'The tables that it is in.';
COMMENT ON COLUMN fleet.schools.zone IS 'The account''s zone, which its days are of.';
COMMENT ON COLUMN fleet.schools.as_of IS 'Moment that its numbers spoke of when it was last reached; fleet.freshness knows it now.';
COMMENT ON COLUMN fleet.schools.loaded_at IS 'When its last run had published, when it was last reached.';
COMMENT ON COLUMN fleet.schools.schema_version IS 'Newest migration of its database.';
COMMENT ON COLUMN fleet.schools.database IS 'Server and database; another one behind the same address is not read.';
COMMENT ON COLUMN fleet.schools.reached_at IS 'When it was last reached.';
COMMENT ON COLUMN fleet.schools.checked_at IS 'When gcmirror fleet views last tried.';
CREATE OR REPLACE VIEW fleet.missing AS SELECT school, state, reason, as_of, reached_at, checked_at FROM fleet.schools WHERE state <> 'read';
COMMENT ON VIEW fleet.missing IS 'Schools that are missing from some or all tables, and why: whoever shows sums of all schools shows this beside them.';

CREATE OR REPLACE FUNCTION fleet_own.place(school text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT 'school_' || CASE WHEN octet_length(school) <= 50 THEN school ELSE md5(school) END
$$;
COMMENT ON FUNCTION fleet_own.place(text) IS 'Name of the school''s server, and of the schema of its foreign tables.';

CREATE OR REPLACE FUNCTION fleet_own.set_options(what text, has text[], wanted jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    o record;
BEGIN
    FOR o IN SELECT coalesce(w.key, h.option_name) AS name, w.value AS wanted, h.option_value AS has
             FROM jsonb_each_text(wanted) w FULL JOIN pg_options_to_table(has) h ON h.option_name = w.key WHERE w.value IS DISTINCT FROM h.option_value LOOP
        EXECUTE format('ALTER %s OPTIONS (%s %I %s)', what, CASE WHEN o.wanted IS NULL THEN 'DROP' WHEN o.has IS NULL THEN 'ADD' ELSE 'SET' END, o.name, quote_literal(o.wanted));
    END LOOP;
EXCEPTION WHEN OTHERS THEN   -- the statement may hold a password: its text ends here
    RAISE EXCEPTION '%: %', what, SQLERRM USING ERRCODE = SQLSTATE;
END $$;
COMMENT ON FUNCTION fleet_own.set_options(text, text[], jsonb) IS 'Options of a server or mapping made to be those.';

CREATE OR REPLACE FUNCTION fleet_own.connect(school text, options jsonb, login text, password text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place text := fleet_own.place(school);
    superuser boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
    has jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = place) THEN
        EXECUTE format('CREATE SERVER %I FOREIGN DATA WRAPPER postgres_fdw', place);
    END IF;
    PERFORM fleet_own.set_options(format('SERVER %I', place), srvoptions, options) FROM pg_foreign_server WHERE srvname = place;
    IF NOT EXISTS (SELECT FROM pg_user_mappings WHERE srvname = place AND umuser = 0) THEN
        EXECUTE format('CREATE USER MAPPING FOR PUBLIC SERVER %I OPTIONS (user %L)', place, login);
    END IF;
    SELECT coalesce(jsonb_object_agg(option_name, option_value), '{}') INTO has
    FROM pg_user_mappings m, pg_options_to_table(m.umoptions) WHERE m.srvname = place AND m.umuser = 0;
    PERFORM fleet_own.set_options(format('USER MAPPING FOR PUBLIC SERVER %I', place), umoptions,
                jsonb_strip_nulls(jsonb_build_object('user', login, 'password', CASE WHEN password IS NULL THEN has ->> 'password' ELSE nullif(password, '') END,
                                                     'password_required', CASE WHEN superuser THEN 'false' END)))
    FROM pg_user_mappings WHERE srvname = place AND umuser = 0;
    IF to_regnamespace(quote_ident(place)) IS NULL THEN
        EXECUTE format('CREATE SCHEMA %I', place);
        EXECUTE format('COMMENT ON SCHEMA %I IS %L', place, 'Foreign tables of one school: partitions of the tables of schema fleet.');
    END IF;
END $$;
COMMENT ON FUNCTION fleet_own.connect(text, jsonb, text, text) IS 'Server and login of a school. Password NULL: the one there is; empty: none.';

CREATE OR REPLACE FUNCTION fleet_own.about(school text, remote text, OUT asked text, OUT database text, OUT schema_version integer, OUT zone text, OUT as_of timestamptz, OUT loaded_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    place text := fleet_own.place(school);
BEGIN
    IF to_regclass(format('%I.about', place)) IS NULL THEN
        EXECUTE format('CREATE FOREIGN TABLE %I.about (school text, installation text, database text, schema_version integer, zone text, as_of timestamptz, loaded_at timestamptz) '
                       'SERVER %I OPTIONS (schema_name %L, table_name ''about'')', place, place, remote);
        EXECUTE format('COMMENT ON FOREIGN TABLE %I.about IS %L', place, 'Which database this is, and as of when its numbers are.');
    END IF;
    PERFORM fleet_own.set_options(format('FOREIGN TABLE %I.about', place), ftoptions, jsonb_build_object('schema_name', remote, 'table_name', 'about'))
    FROM pg_foreign_table WHERE ftrelid = format('%I.about', place)::regclass;
    EXECUTE format('SELECT a.school, a.database, a.schema_version, a.zone, a.as_of, a.loaded_at FROM %I.about a', place)
    INTO asked, about.database, about.schema_version, about.zone, about.as_of, about.loaded_at;
END $$;
COMMENT ON FUNCTION fleet_own.about(text, text) IS 'What is found at the other end, as readers reach it.';
