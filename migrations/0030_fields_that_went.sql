-- mirror: a field deleted in GetCourse stays a column, and its comment says since when it is empty. A setting that points at it is in journal.undone.
CREATE FUNCTION mirror.gone_since(field mirror.custom_fields) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT min(e.started_at) FROM journal.export e
    WHERE e.resource = field.table_name AND e.state = 'loaded' AND NOT e.repeated AND e.id > (
        SELECT k.id FROM journal.export k
        WHERE k.resource = field.table_name AND k.state = 'loaded' AND NOT k.repeated AND cardinality(array_positions(k.headings, field.title)) >= field.ordinal ORDER BY k.id DESC LIMIT 1)
$$;
COMMENT ON FUNCTION mirror.gone_since(mirror.custom_fields) IS 'State of the first body without the field''s title after the last one with it; NULL: the newest body has it, or none ever had.';
CREATE OR REPLACE FUNCTION mirror.widen(which text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    wide text := format('mirror.%I', which || '_wide');
    c record;
    attempt integer := 0;
    problem text := '';
BEGIN
    LOOP
        attempt := attempt + 1;
        BEGIN
            PERFORM set_config('lock_timeout', '100ms', true);   -- readers of the view never queue behind us
            IF EXISTS (SELECT FROM mirror.wide_columns(which) w WHERE w.fresh) THEN
                EXECUTE format('CREATE OR REPLACE VIEW %s AS SELECT %s FROM mirror.%I t', wide,
                               (SELECT string_agg(w.source || ' AS ' || quote_ident(w.name), ', ' ORDER BY w.place) FROM mirror.wide_columns(which) w), which);
            END IF;
            FOR c IN SELECT w.name, k.words FROM mirror.wide_columns(which) w JOIN pg_attribute a ON a.attrelid = wide::regclass AND a.attname = w.name
                     LEFT JOIN mirror.custom_fields f ON f.table_name = which AND f.name = w.name
                     CROSS JOIN LATERAL (SELECT w.words || coalesce(' (gone since ' || (mirror.gone_since(f) AT TIME ZONE (SELECT time_zone FROM report.settings))::date || ')', '') AS words OFFSET 0) k
                     WHERE k.words IS DISTINCT FROM col_description(a.attrelid, a.attnum) LOOP
                EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', wide, c.name, c.words);
            END LOOP;
            problem := '';
            EXIT;
        EXCEPTION
            WHEN lock_not_available THEN
                problem := 'a reader holds the view (' || coalesce((SELECT string_agg(format('%s, %s, since %s', usename, application_name, to_char(xact_start, 'HH24:MI:SS')), '; ')
                    FROM pg_locks l JOIN pg_stat_activity s USING (pid) WHERE l.relation = wide::regclass AND l.pid <> pg_backend_pid()), 'gone by now') || '); the next sync tries again';
                EXIT WHEN attempt >= 5;
            WHEN OTHERS THEN
                problem := SQLERRM;
                EXIT;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
    -- a decision that points at such a field gives no figures any more
    IF which = 'deals' THEN
        DELETE FROM journal.undone WHERE what = 'report.settings.refusal_field';
        INSERT INTO journal.undone (what, text)
        SELECT 'report.settings.refusal_field', format('field %s ("%s") is gone from GetCourse since %s, so new refusals have no reason; UPDATE report.settings SET refusal_field = a field of mirror.custom_fields, or ''''',
                                                       f.name, f.title, (mirror.gone_since(f) AT TIME ZONE s.time_zone)::date)
        FROM report.settings s JOIN mirror.custom_fields f ON f.table_name = 'deals' AND f.name = s.refusal_field WHERE mirror.gone_since(f) IS NOT NULL;
    END IF;
    IF problem = '' THEN
        DELETE FROM journal.undone WHERE what = wide;
    ELSE
        INSERT INTO journal.undone (what, text) VALUES (wide, problem) ON CONFLICT (what) DO UPDATE SET text = excluded.text;
    END IF;
    RETURN problem;
END $$;
COMMENT ON FUNCTION mirror.widen(text) IS 'Gives a wide view the columns it lacks and says which fields are gone. Empty, or why it could not; then journal.undone says so, too.';
