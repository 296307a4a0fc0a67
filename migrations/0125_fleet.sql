-- What an overview of several schools reads of this one: published views with the school's name before their columns. Made when an overview first asks
-- for them; a school that is in none has this function and nothing else.
CREATE FUNCTION report.publish_fleet(masked boolean, things text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    source text := CASE WHEN masked THEN 'masked' ELSE 'report' END;
    place text := 'fleet_' || source;
    reads text;
    v record;
BEGIN
    LOCK TABLE report.reader IN SHARE ROW EXCLUSIVE MODE;   -- two overviews at once
    SELECT CASE WHEN masked THEN s.masked_role ELSE s.reader_role END INTO reads FROM report.settings s;
    IF to_regnamespace(place) IS NULL THEN
        EXECUTE format('CREATE SCHEMA %I', place);
        EXECUTE format('COMMENT ON SCHEMA %I IS %L', place, 'What an overview of several schools reads: views of ' || source || ' with a column school; gcmirror fleet views makes them.');
    END IF;
    EXECUTE format($view$CREATE OR REPLACE VIEW %I.about AS
        SELECT current_setting('gcmirror.school', true) AS school, (SELECT i.name FROM journal.installation i) AS installation,
               (SELECT system_identifier FROM pg_control_system()) || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS database,
               (SELECT max(number) FROM migration.applied) AS schema_version, c.zone, c.as_of, (SELECT max(r.loaded_at) FROM journal.run r) AS loaded_at
        FROM report.clock c$view$, place);
    EXECUTE format('COMMENT ON VIEW %I.about IS %L', place, 'Which database this is, and as of when its numbers are.');
    EXECUTE format('COMMENT ON COLUMN %I.about.school IS %L', place, 'Name of the school in the overview that asks.');
    EXECUTE format('COMMENT ON COLUMN %I.about.installation IS %L', place, 'Installation that the database belongs to.');
    EXECUTE format('COMMENT ON COLUMN %I.about.database IS %L', place, 'Server and database: another one behind the same address is seen.');
    EXECUTE format('COMMENT ON COLUMN %I.about.schema_version IS %L', place, 'Newest migration.');
    EXECUTE format('COMMENT ON COLUMN %I.about.zone IS %L', place, 'The account''s zone, which all days are of.');
    EXECUTE format('COMMENT ON COLUMN %I.about.as_of IS %L', place, 'Moment that the numbers speak of.');
    EXECUTE format('COMMENT ON COLUMN %I.about.loaded_at IS %L', place, 'When the last run published.');
    FOR v IN
        SELECT c.oid, c.relname, obj_description(c.oid) AS text
        FROM pg_class c
        WHERE c.relnamespace = source::regnamespace AND c.relkind = 'v' AND c.relname = ANY (things)
          AND (SELECT array_agg(ROW(a.attname, a.atttypid, a.atttypmod)::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
              IS DISTINCT FROM
              (SELECT array_agg(ROW(a.attname, a.atttypid, a.atttypmod)::text ORDER BY a.attnum) FROM pg_attribute a
               WHERE a.attrelid = to_regclass(format('%I.%I', place, c.relname)) AND a.attnum > 1)
        ORDER BY c.relname
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %1$I.%3$I AS SELECT current_setting(''gcmirror.school'', true) AS school, v.* FROM %2$I.%3$I v', place, source, v.relname);
        EXECUTE format('COMMENT ON VIEW %I.%I IS %L', place, v.relname, v.text);
        EXECUTE format('COMMENT ON COLUMN %I.%I.school IS %L', place, v.relname, 'Name of the school in the overview that asks.');
        EXECUTE (SELECT coalesce(string_agg(format('COMMENT ON COLUMN %I.%I.%I IS %L', place, v.relname, a.attname, col_description(a.attrelid, a.attnum)), ';'), 'SELECT')
                 FROM pg_attribute a WHERE a.attrelid = v.oid AND a.attnum > 0);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = reads) THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', place, reads);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', place, reads);
    END IF;
END $$;
COMMENT ON FUNCTION report.publish_fleet(boolean, text[]) IS 'Makes or completes the views that an overview of several schools reads (schema fleet_masked or fleet_report), of those of report that are named and known here.';
