-- Tables of schema fleet and their partitions, one a school.
CREATE OR REPLACE FUNCTION fleet_own.columns(relation regclass) RETURNS jsonb LANGUAGE sql STABLE AS $$
SELECT coalesce(jsonb_agg(jsonb_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) ORDER BY attnum), '[]')
FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;
COMMENT ON FUNCTION fleet_own.columns(regclass) IS 'Names and types.';

CREATE OR REPLACE FUNCTION fleet_own.put_thing(thing text, columns jsonb, words text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent regclass := to_regclass(format('fleet.%I', thing));
    c record;
BEGIN
    IF parent IS NULL THEN
        EXECUTE format('CREATE TABLE fleet.%I (school text NOT NULL) PARTITION BY LIST (school)', thing);
        parent := to_regclass(format('fleet.%I', thing));
    END IF;
    IF obj_description(parent) IS DISTINCT FROM words THEN EXECUTE format('COMMENT ON TABLE fleet.%I IS %L', thing, words); END IF;
    FOR c IN SELECT * FROM jsonb_to_recordset(columns) AS x(name text, type text, words text) LOOP
        IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = parent AND attname = c.name AND NOT attisdropped) THEN
            EXECUTE format('ALTER TABLE fleet.%I ADD COLUMN %I %s', thing, c.name, format_type(split_part(c.type, '(', 1)::regtype, NULL) || coalesce(substring(c.type FROM '\([0-9, ]+\)'), ''));
        END IF;
        IF (SELECT col_description(parent, attnum) FROM pg_attribute WHERE attrelid = parent AND attname = c.name) IS DISTINCT FROM c.words THEN
            EXECUTE format('COMMENT ON COLUMN fleet.%I.%I IS %L', thing, c.name, c.words);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION fleet_own.put_thing(text, jsonb, text) IS 'The table of all schools: made, or given the columns that it lacks. None is ever dropped: views of readers may name it.';

CREATE OR REPLACE FUNCTION fleet_own.drop_part(school text, thing text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place text := fleet_own.place(school);
    part regclass := to_regclass(format('%I.%I', place, thing));
BEGIN
    IF part IS NULL THEN RETURN; END IF;
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = part) THEN EXECUTE format('ALTER TABLE fleet.%I DETACH PARTITION %I.%I', thing, place, thing); END IF;
    EXECUTE format('DROP FOREIGN TABLE %I.%I', place, thing);
END $$;
COMMENT ON FUNCTION fleet_own.drop_part(text, text) IS 'A school out of one table: a foreign table goes, nothing of the school.';

CREATE OR REPLACE FUNCTION fleet_own.put_part(school text, thing text, remote text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place text := fleet_own.place(school);
    parent regclass := format('fleet.%I', thing)::regclass;
    part regclass := to_regclass(format('%I.%I', place, thing));
    columns text;
BEGIN
    IF part IS NOT NULL AND (fleet_own.columns(part) <> fleet_own.columns(parent)
                             OR EXISTS (SELECT FROM pg_foreign_table, pg_options_to_table(ftoptions) WHERE ftrelid = part AND option_name = 'schema_name' AND option_value <> remote)) THEN
        PERFORM fleet_own.drop_part(school, thing);
        part := NULL;
    END IF;
    IF part IS NULL THEN
        SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)) || CASE WHEN attname = 'school' THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute WHERE attrelid = parent AND attnum > 0 AND NOT attisdropped;
        EXECUTE format('CREATE FOREIGN TABLE %I.%I (%s) SERVER %I OPTIONS (schema_name %L, table_name %L)', place, thing, columns, place, remote, thing);
        EXECUTE format('COMMENT ON FOREIGN TABLE %I.%I IS %L', place, thing, obj_description(parent));
    END IF;
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(format('%I.%I', place, thing))) THEN
        EXECUTE format('ALTER TABLE fleet.%I ATTACH PARTITION %I.%I FOR VALUES IN (%L)', thing, place, thing, school);
    END IF;
END $$;
COMMENT ON FUNCTION fleet_own.put_part(text, text, text) IS 'A school into one table: a foreign table with the columns that the table has.';

CREATE OR REPLACE FUNCTION fleet_own.leave_out(school text) RETURNS void LANGUAGE sql AS $$
SELECT fleet_own.drop_part(school, c.relname) FROM pg_class c
WHERE c.relnamespace = to_regnamespace(quote_ident(fleet_own.place(school))) AND c.relkind = 'f' AND c.relname <> 'about'
$$;
COMMENT ON FUNCTION fleet_own.leave_out(text) IS 'A school out of every table; how it is reached stays.';

CREATE OR REPLACE FUNCTION fleet_own.forget(school text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place text := fleet_own.place(school);
BEGIN
    PERFORM fleet_own.leave_out(school);
    EXECUTE format('DROP FOREIGN TABLE IF EXISTS %I.about', place);
    EXECUTE format('DROP USER MAPPING IF EXISTS FOR PUBLIC SERVER %I', place);
    EXECUTE format('DROP SERVER IF EXISTS %I', place);
    EXECUTE format('DROP SCHEMA IF EXISTS %I', place);
    DELETE FROM fleet.schools s WHERE s.school = forget.school;
END $$;
COMMENT ON FUNCTION fleet_own.forget(text) IS 'A school that is no longer of the fleet: what the overview has of it goes, nothing of the school.';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_fleet') THEN CREATE ROLE gcmirror_fleet NOLOGIN; END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;   -- the administrator makes it, or somebody just did
END $$;
CREATE OR REPLACE FUNCTION fleet_own.grant_readers() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    thing text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_fleet') THEN RETURN; END IF;
    IF NOT has_schema_privilege('gcmirror_fleet', 'fleet', 'USAGE') THEN GRANT USAGE ON SCHEMA fleet TO gcmirror_fleet; END IF;
    FOR thing IN SELECT relname FROM pg_class WHERE relnamespace = 'fleet'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT has_table_privilege('gcmirror_fleet', oid, 'SELECT') LOOP
        EXECUTE format('GRANT SELECT ON fleet.%I TO gcmirror_fleet', thing);
    END LOOP;
END $$;
COMMENT ON FUNCTION fleet_own.grant_readers() IS 'Role gcmirror_fleet reads schema fleet; nobody else is let in.';
DO $$
DECLARE
    setting text;
BEGIN
    FOREACH setting IN ARRAY ARRAY['enable_partitionwise_aggregate = on', 'enable_partitionwise_join = on', 'jit = off'] LOOP
        EXECUTE format('ALTER DATABASE %I SET ', current_database()) || setting;
        EXECUTE 'SET ' || setting;
    END LOOP;
END $$;
