-- A night that brought nothing new costs nothing: what a wide view shows is looked up once, not twice, and facts that nothing of a run stands under are let be.
CREATE OR REPLACE FUNCTION mirror.widen(which text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    wide text := format('mirror.%I', which || '_wide');
    c record;
    attempt integer := 0;
    problem text := '';
    fresh boolean;
    list text;
    names text[];
    said text[];
BEGIN
    LOOP
        attempt := attempt + 1;
        BEGIN
            PERFORM set_config('lock_timeout', '100ms', true);   -- readers of the view never queue behind us
            SELECT bool_or(w.fresh), string_agg(w.source || ' AS ' || quote_ident(w.name), ', ' ORDER BY w.place), array_agg(w.name ORDER BY w.place), array_agg(w.words ORDER BY w.place)
            INTO fresh, list, names, said FROM mirror.wide_columns(which) w;
            IF fresh THEN
                EXECUTE format('CREATE OR REPLACE VIEW %s AS SELECT %s FROM mirror.%I t', wide, list, which);
            END IF;
            FOR c IN SELECT w.name, k.words FROM unnest(names, said) w(name, words) JOIN pg_attribute a ON a.attrelid = wide::regclass AND a.attname = w.name
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

CREATE FUNCTION report.put_group_days(run bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[] := ARRAY(SELECT DISTINCT group_id FROM mirror.memberships WHERE run_id = run);
BEGIN
    IF touched = '{}' THEN RETURN; END IF;
    DELETE FROM report.fact_group_days WHERE group_id = ANY (touched);
    INSERT INTO report.fact_group_days SELECT * FROM history.group_days WHERE group_id = ANY (touched);
END $$;
COMMENT ON FUNCTION report.put_group_days(bigint) IS 'Makes the days of the groups that a run touched anew; part of report.refresh_facts().';

CREATE OR REPLACE FUNCTION report.refresh_facts(run bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql SET jit = off SET default_statistics_target = 20 SET work_mem = '64MB' SET enable_mergejoin = off SET enable_memoize = off SET hash_mem_multiplier = 3 AS $$
DECLARE
    s report.fact_state;
    whole boolean;
    touched bigint;
    orders_written bigint;
    payments_written bigint;
    orders_more bigint;
    payments_more bigint;
    numbers text;
    emails text := '(SELECT email_key, min(id) AS user_id FROM mirror.users WHERE email_key IS NOT NULL AND missing_since IS NULL GROUP BY email_key)';
    deal_rows text := 'mirror.deals';
    money_rows text := 'mirror.payments';
    payment_rows text := 'mirror.payments';
BEGIN
    PERFORM set_config('gcmirror.as_of', '', true);
    SELECT * INTO s FROM report.fact_state FOR UPDATE;
    -- under the lock taken above: whoever commits later has the greater number; until the end the rows themselves answer
    UPDATE report.fact_state SET seq = seq + 1, stale = true;
    PERFORM report.look_at_grown();
    whole := run IS NULL OR s.rebuild OR (s.stale AND s.stale_in IS DISTINCT FROM txid_current()) OR s.orders + s.payments = 0;
    IF NOT whole THEN
        touched := (SELECT count(*) FROM mirror.deals WHERE run_id = run) + (SELECT count(*) FROM mirror.payments WHERE run_id = run);
        whole := touched > (s.orders + s.payments) / 3 + 100;
    END IF;
    -- an order's buyer, and whom exclusions name, may be touched by people alone
    IF NOT whole AND (touched > 0 OR EXISTS (SELECT FROM mirror.users WHERE run_id = run) OR EXISTS (SELECT FROM report.exclusions)) THEN
        touched := report.touch(run);
        whole := touched > (s.orders + s.payments) / 3 + 100;
    END IF;
    -- groups have facts of their own; nothing else stands on what this run brought
    IF NOT whole AND touched = 0 THEN
        PERFORM report.put_group_days(run);
        UPDATE report.fact_state f SET stale = false, stale_in = NULL, made_at = clock_timestamp(), first_day = least(f.first_day, report.first_day_of(run));
        RETURN 'touched facts: 0 orders, 0 payments written';
    END IF;
    IF whole THEN
        DELETE FROM report.fact_excluded;
        IF EXISTS (SELECT FROM report.exclusions) THEN INSERT INTO report.fact_excluded SELECT user_id, reason FROM report.excluded_people; END IF;
        -- which order a number belongs to, once for orders and payments
        CREATE TEMP TABLE IF NOT EXISTS known_numbers (number text, order_id bigint) ON COMMIT DROP;
        TRUNCATE pg_temp.known_numbers;
        INSERT INTO pg_temp.known_numbers SELECT number, max(id) FROM mirror.deals WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number;
        ANALYZE pg_temp.known_numbers;
        numbers := 'pg_temp.known_numbers';
        IF s.orders > 0 THEN DELETE FROM report.fact_orders f WHERE NOT EXISTS (SELECT FROM mirror.deals d WHERE d.id = f.order_id); END IF;
        IF s.payments > 0 THEN DELETE FROM report.fact_payments f WHERE NOT EXISTS (SELECT FROM mirror.payments p WHERE p.number = f.payment_number); END IF;
    ELSE
        numbers := '(SELECT d.number, max(d.id) AS order_id FROM mirror.deals d JOIN pg_temp.touched_numbers t ON t.number = d.number WHERE d.missing_since IS NULL GROUP BY d.number)';
        emails := '(SELECT u.email_key, min(u.id) AS user_id FROM mirror.users u WHERE u.missing_since IS NULL AND u.email_key IN (SELECT p.email_key FROM mirror.payments p JOIN pg_temp.touched_payments t ON t.payment_number = p.number) GROUP BY u.email_key)';
        deal_rows := '(SELECT d.* FROM mirror.deals d JOIN pg_temp.touched_orders t ON t.order_id = d.id)';
        money_rows := '(SELECT p.* FROM mirror.payments p JOIN pg_temp.touched_numbers t ON t.number = p.deal_number)';
        payment_rows := '(SELECT p.* FROM mirror.payments p JOIN pg_temp.touched_payments t ON t.payment_number = p.number)';
        -- a payment's number may have no row among the touched numbers only when it has no order at all
        numbers := replace(numbers, 'pg_temp.touched_numbers', '(SELECT number FROM pg_temp.touched_numbers UNION SELECT p.deal_number FROM mirror.payments p JOIN pg_temp.touched_payments t ON t.payment_number = p.number WHERE p.deal_number IS NOT NULL)');
    END IF;
    IF NOT whole THEN
        PERFORM report.look_at_touched();
        orders_more := -(SELECT count(*) FROM pg_temp.touched_facts);
        payments_more := -(SELECT count(*) FROM report.fact_payments f JOIN pg_temp.touched_payments t ON t.payment_number = f.payment_number);
        PERFORM report.note_days(-1);
    END IF;
    IF whole THEN
        DELETE FROM report.fact_buyers;
    ELSE
        DELETE FROM report.fact_buyers WHERE user_id IN (SELECT user_id FROM pg_temp.touched_orders UNION SELECT user_id FROM pg_temp.touched_facts);
    END IF;
    orders_written := report.put_facts('report.fact_orders', 'order_id', 'created_on', report.order_facts_sql(deal_rows, money_rows, numbers, 'report.fact_excluded', false));
    IF whole THEN
        -- reports filter, join and group by these; autovacuum looks at all in its own time
        ANALYZE report.fact_orders (order_id, order_number, user_id, created_on, paid_on, money_on, is_paid, is_won, counted, set_apart, currency, paid_amount, cost, product, manager,
            channel, status_code, buyer_kind, payment_system, promo_code, run_id, changed_seq), report.fact_excluded;
    ELSE
        PERFORM report.look_at_touched();
    END IF;
    -- all orders of a person are touched together
    EXECUTE 'INSERT INTO report.fact_buyers ' || report.buyers_sql(CASE WHEN whole THEN 'report.fact_orders'
        ELSE 'pg_temp.touched_facts' END);
    payments_written := report.put_facts('report.fact_payments', 'payment_number', 'day', report.payment_facts_sql(payment_rows, numbers, 'report.fact_orders', emails, 'report.fact_excluded'));
    IF whole THEN
        DELETE FROM report.fact_days;
        EXECUTE 'INSERT INTO report.fact_days ' || report.days_sql('report.fact_orders', 'report.fact_payments');
        DELETE FROM report.fact_changes;
        INSERT INTO report.fact_changes SELECT * FROM history.order_changes;
        DELETE FROM report.fact_group_days;
        INSERT INTO report.fact_group_days SELECT * FROM history.group_days;
        ANALYZE report.fact_payments, report.fact_buyers, report.fact_changes, report.fact_group_days, report.fact_days;
        PERFORM report.index_facts();
    ELSE
        orders_more := orders_more + (SELECT count(*) FROM pg_temp.touched_facts);
        payments_more := payments_more + (SELECT count(*) FROM report.fact_payments f JOIN pg_temp.touched_payments t ON t.payment_number = f.payment_number);
        PERFORM report.note_days(1);
        PERFORM report.put_days();
        DELETE FROM report.fact_changes WHERE order_id IN (SELECT id FROM mirror.deals WHERE run_id = run);
        INSERT INTO report.fact_changes SELECT c.* FROM mirror.deals d CROSS JOIN LATERAL (SELECT * FROM history.order_changes o WHERE o.order_id = d.id) c WHERE d.run_id = run;
        PERFORM report.put_group_days(run);
    END IF;
    UPDATE report.fact_state f SET stale = false, rebuild = false, stale_in = NULL, made_at = clock_timestamp(),
        first_day = CASE WHEN whole THEN report.first_day_of(NULL) ELSE least(f.first_day, report.first_day_of(run)) END,
        orders = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_orders) ELSE f.orders + orders_more END,
        payments = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_payments) ELSE f.payments + payments_more END;
    RETURN format('%s: %s orders, %s payments written', CASE WHEN whole THEN 'all facts' ELSE 'touched facts' END, orders_written, payments_written);
END $$;
