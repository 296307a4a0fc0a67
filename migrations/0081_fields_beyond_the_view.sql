-- mirror: a view has at most 1 664 columns, a school may have more fields. A wide view takes 1 500: 1 400 for what was there when room grew short, the
-- fields with most values first, the others for fields that are first seen later, the newest first. The rest stays in custom, and the view says so.
CREATE FUNCTION mirror.fields_to_show(which text, shown text[], taken bigint) RETURNS TABLE (name text, type text, title text, source text) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    most constant bigint := 1500;
    kept_for_later constant bigint := 100;
    began timestamptz := (SELECT min(first_seen) FROM mirror.custom_fields WHERE table_name = which);
    waiting bigint := (SELECT count(*) FROM mirror.custom_fields WHERE table_name = which AND policy = 'evolve' AND name <> ALL (shown));
BEGIN
    IF taken + waiting <= most THEN
        RETURN QUERY SELECT f.name, f.type, f.title, f.source FROM mirror.custom_fields f WHERE f.table_name = which AND f.policy = 'evolve' AND f.name <> ALL (shown) ORDER BY f.position;
        RETURN;
    END IF;
    RETURN QUERY SELECT f.name, f.type, f.title, f.source FROM mirror.custom_fields f
        WHERE f.table_name = which AND f.policy = 'evolve' AND f.name <> ALL (shown) AND f.first_seen > began + interval '1 day'
        ORDER BY f.first_seen DESC, f.position DESC LIMIT greatest(most - taken, 0);
    IF taken >= most - kept_for_later THEN RETURN; END IF;
    -- counted only while there is room to give away
    RETURN QUERY EXECUTE format(
        'SELECT f.name, f.type, f.title, f.source FROM mirror.custom_fields f
         LEFT JOIN (SELECT key, count(*) AS many FROM mirror.%I t CROSS JOIN LATERAL jsonb_each_text(t.custom) WHERE value <> %L GROUP BY key) k ON k.key = coalesce(nullif(f.source, %L), f.name)
         WHERE f.table_name = $1 AND f.policy = %L AND f.name <> ALL ($2) AND f.first_seen <= $3 ORDER BY k.many DESC NULLS LAST, f.position DESC LIMIT $4', which, '', '', 'evolve')
        USING which, shown, began + interval '1 day', most - kept_for_later - taken;
END $$;
COMMENT ON FUNCTION mirror.fields_to_show(text, text[], bigint) IS 'The custom fields that a wide view with so many columns gets next; part of mirror.wide_columns().';

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
    FOR c IN SELECT * FROM mirror.fields_to_show(which, names, n) LOOP
        n := n + 1;
        place := n; name := c.name; source := mirror.wide_column(coalesce(nullif(c.source, ''), c.name), c.type); words := coalesce(nullif(c.title, ''), 'Custom field without a title.'); fresh := true;
        names := names || name;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION mirror.say_left_out(which text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    wide regclass := format('mirror.%I', which || '_wide')::regclass;
    hidden bigint := (SELECT count(*) FROM mirror.custom_fields f WHERE f.table_name = which AND f.policy = 'evolve'
                      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = wide AND a.attname = f.name AND NOT a.attisdropped));
    before text := obj_description(wide, 'pg_class');
    plain text := split_part(before, ' Of the school''s fields ', 1);
    said text := plain || CASE WHEN hidden > 0 THEN format(' Of the school''s fields %s have no column, since a view holds no more; all stand in column custom of mirror.%s under their names in mirror.custom_fields.', hidden, which) ELSE '' END;
BEGIN
    -- fields without a column may also wait for a reader to go: then journal.undone says it
    IF said IS NOT DISTINCT FROM before OR EXISTS (SELECT FROM journal.undone WHERE what = format('mirror.%I', which || '_wide')) THEN RETURN ''; END IF;
    EXECUTE format('COMMENT ON VIEW %s IS %L', wide, said);
    RETURN CASE WHEN hidden > 0 THEN format('%s_wide: %s fields have no column, since a view holds no more; read them as custom ->> ''name'' from mirror.%s', which, hidden, which) ELSE '' END;
END $$;
COMMENT ON FUNCTION mirror.say_left_out(text) IS 'Writes into a wide view''s comment how many fields it has no column for; what is new about it, once, else empty.';
