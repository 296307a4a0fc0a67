-- mirror: wide views that always widen. Columns keep their place and type, by name; what is wanted and lacks is appended; what could not be done is in
-- journal.undone.
CREATE FUNCTION mirror.wide_column(field text, type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE type WHEN 'boolean' THEN format('mirror.as_boolean(t.custom ->> %L)', field) WHEN 'date' THEN format('mirror.as_date(t.custom ->> %L)', field)
                     WHEN 'numeric' THEN format('mirror.as_numeric(t.custom ->> %L)', field) ELSE format('(t.custom ->> %L)', field) END
$$;
COMMENT ON FUNCTION mirror.wide_column(text, text) IS 'How a wide view reads a custom field as a type; part of mirror.widen().';

CREATE FUNCTION mirror.wide_columns(which text) RETURNS TABLE (place bigint, name text, source text, words text, fresh boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE
    base regclass := format('mirror.%I', which)::regclass;
    wide regclass := format('mirror.%I', which || '_wide')::regclass;
    c record;
    n bigint := 0;
    names text[] := '{}';
    owned text[] := '{}';   -- columns of the table that the view shows already
BEGIN
    -- as the view stands: its order, its types, frozen and quarantined fields too
    FOR c IN SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, f.title, f.source, f.name IS NOT NULL AS custom,
                    (SELECT b.attname::text FROM pg_attribute b JOIN pg_rewrite r ON r.ev_class = wide JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass
                         AND d.refobjid = base AND d.refobjsubid = b.attnum
                     WHERE b.attrelid = base AND b.attname IN (a.attname, regexp_replace(a.attname, '_built_in$', '')) AND b.attname <> 'custom'
                         -- a field's column beside that of the table: the latter is the one called built in
                         AND NOT (f.name IS NOT NULL AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = wide AND o.attname = a.attname || '_built_in')) LIMIT 1) AS own,
                    col_description(wide, a.attnum) AS old
             FROM pg_attribute a LEFT JOIN mirror.custom_fields f ON f.table_name = which AND f.name = a.attname
             WHERE a.attrelid = wide AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum LOOP
        n := n + 1;
        names := names || c.name;
        place := n; name := c.name; fresh := false;
        IF c.own IS NOT NULL THEN
            owned := owned || c.own;
            source := format('t.%I', c.own);
            words := coalesce((SELECT col_description(base, attnum) FROM pg_attribute WHERE attrelid = base AND attname = c.own), c.old);
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
COMMENT ON FUNCTION mirror.wide_columns(text) IS 'The columns a wide view should have: its own in their order and types, then what it lacks; part of mirror.widen().';

CREATE FUNCTION mirror.widen(which text) RETURNS text LANGUAGE plpgsql AS $$
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
            FOR c IN SELECT w.name, w.words FROM mirror.wide_columns(which) w JOIN pg_attribute a ON a.attrelid = wide::regclass AND a.attname = w.name
                     WHERE w.words IS DISTINCT FROM col_description(a.attrelid, a.attnum) LOOP
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
    IF problem = '' THEN
        DELETE FROM journal.undone WHERE what = wide;
    ELSE
        INSERT INTO journal.undone (what, text) VALUES (wide, problem) ON CONFLICT (what) DO UPDATE SET text = excluded.text;
    END IF;
    RETURN problem;
END $$;
COMMENT ON FUNCTION mirror.widen(text) IS 'Gives a wide view the columns it lacks. Empty, or why it could not; then journal.undone says so, too.';

-- What is not in the figures, and why: orders by their paid amount, payments by their amount, signed.
CREATE VIEW report.set_apart AS
SELECT 'orders' AS source, set_apart AS reason, currency, paid_amount AS amount, created_on, paid_on, money_on, NULL::date AS day, order_id, NULL::text AS payment_number
FROM report.orders WHERE NOT counted AND coalesce(paid_amount, 0) <> 0
UNION ALL
SELECT 'payments', coalesce(set_apart, CASE kind WHEN 'balance' THEN 'on the balance: ' || coalesce(status, '') ELSE kind END), currency,
       CASE WHEN kind = 'returned' THEN -abs(amount) ELSE amount END, NULL, NULL, NULL, day, order_id, payment_number
FROM report.payments WHERE (NOT counted OR kind NOT IN ('received', 'returned')) AND coalesce(amount, 0) <> 0;
COMMENT ON VIEW report.set_apart IS 'What is not in the figures, and why: paid amounts of orders, amounts of payments (returns negative). With it the reports of money equal the tables of mirror to the kopeck.';
COMMENT ON COLUMN report.set_apart.source IS 'orders or payments.';
COMMENT ON COLUMN report.set_apart.reason IS 'vanished, excluded, false, free, unknown status; of payments also expected and on the balance.';
COMMENT ON COLUMN report.set_apart.currency IS 'Currency; ? when the export names none.';
COMMENT ON COLUMN report.set_apart.amount IS 'Paid amount of the order; amount of the payment, a return negative.';
COMMENT ON COLUMN report.set_apart.created_on IS 'Day the order was created.';
COMMENT ON COLUMN report.set_apart.paid_on IS 'Day of its payment date.';
COMMENT ON COLUMN report.set_apart.money_on IS 'Day its money came.';
COMMENT ON COLUMN report.set_apart.day IS 'Day of the payment.';
COMMENT ON COLUMN report.set_apart.order_id IS 'Number of the order in GetCourse (mirror.deals.id).';
COMMENT ON COLUMN report.set_apart.payment_number IS 'Number of the payment.';
SELECT report.publish_masked(), report.grant_roles();
