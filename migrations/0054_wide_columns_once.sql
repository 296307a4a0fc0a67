-- What a wide view shows of its table is looked up once, not once a column: every night asks four
-- times, and asked 64 times each.
CREATE OR REPLACE FUNCTION mirror.wide_columns(which text) RETURNS TABLE (place bigint, name text, source text, words text, fresh boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    base regclass := format('mirror.%I', which)::regclass;
    wide regclass := format('mirror.%I', which || '_wide')::regclass;
    c record;
    n bigint := 0;
    names text[] := '{}';
    owned text[] := '{}';   -- columns of the table that the view shows already
    shown text[];           -- columns of the table that the view's query reads
BEGIN
    SELECT array_agg(DISTINCT b.attname::text) INTO shown
    FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass AND d.refobjid = base
    JOIN pg_attribute b ON b.attrelid = base AND b.attnum = d.refobjsubid
    WHERE r.ev_class = wide AND b.attname <> 'custom';
    -- as the view stands: its order, its types, frozen and quarantined fields too
    FOR c IN SELECT v.*, col_description(base, b.attnum) AS own_words
             FROM (SELECT a.attname::text AS name, a.attnum, format_type(a.atttypid, a.atttypmod) AS type, f.title, f.source, f.name IS NOT NULL AS custom,
                          -- a field's column beside that of the table: the latter is the one called built in
                          CASE WHEN f.name IS NOT NULL AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = wide AND o.attname = a.attname || '_built_in') THEN NULL
                               WHEN a.attname = ANY (shown) THEN a.attname::text
                               WHEN regexp_replace(a.attname, '_built_in$', '') = ANY (shown) THEN regexp_replace(a.attname, '_built_in$', '') END AS own,
                          col_description(wide, a.attnum) AS old
                   FROM pg_attribute a LEFT JOIN mirror.custom_fields f ON f.table_name = which AND f.name = a.attname
                   WHERE a.attrelid = wide AND a.attnum > 0 AND NOT a.attisdropped) v
             LEFT JOIN pg_attribute b ON b.attrelid = base AND b.attname = v.own
             ORDER BY v.attnum LOOP
        n := n + 1;
        names := names || c.name;
        place := n; name := c.name; fresh := false;
        IF c.own IS NOT NULL THEN
            owned := owned || c.own;
            source := format('t.%I', c.own);
            words := coalesce(c.own_words, c.old);
        ELSIF c.custom THEN
            source := mirror.wide_column(coalesce(nullif(c.source, ''), c.name), c.type);
            words := coalesce(nullif(c.title, ''), 'Custom field without a title.');
        ELSE
            source := format('NULL::%s', c.type);
            words := c.old;
        END IF;
        RETURN NEXT;
    END LOOP;
    FOR c IN SELECT attname::text AS name, attnum FROM pg_attribute WHERE attrelid = base AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('custom', 'row_hash') ORDER BY attnum LOOP
        -- a field of the school had the name first: it keeps it
        CONTINUE WHEN c.name = ANY (owned);
        n := n + 1;
        place := n; name := c.name || CASE WHEN c.name = ANY (names) THEN '_built_in' ELSE '' END; source := format('t.%I', c.name); words := col_description(base, c.attnum); fresh := true;
        names := names || name;
        RETURN NEXT;
    END LOOP;
    FOR c IN SELECT f.name, f.type, f.title, f.source FROM mirror.custom_fields f WHERE f.table_name = which AND f.policy = 'evolve' ORDER BY f.position LOOP
        CONTINUE WHEN c.name = ANY (names) OR n >= 1500;   -- PostgreSQL ends at 1600 columns
        n := n + 1;
        place := n; name := c.name; source := mirror.wide_column(coalesce(nullif(c.source, ''), c.name), c.type); words := coalesce(nullif(c.title, ''), 'Custom field without a title.'); fresh := true;
        names := names || name;
        RETURN NEXT;
    END LOOP;
END $$;

-- a column of the table itself never goes: not asked since when it has been gone
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
                     CROSS JOIN LATERAL (SELECT w.words || CASE WHEN f.name IS NULL THEN '' ELSE coalesce(' (gone since ' || (mirror.gone_since(f) AT TIME ZONE (SELECT time_zone FROM report.settings))::date || ')', '') END AS words OFFSET 0) k
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
