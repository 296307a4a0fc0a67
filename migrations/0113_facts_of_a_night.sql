-- report: the facts of a night that changed some rows. What a run touched is looked up in the orders and in the facts once, not once by each step (five and
-- six readings of a whole table at 5 % changed), and a fact that stands as it was made again is not even locked: ON CONFLICT DO UPDATE … WHERE false writes.
CREATE OR REPLACE FUNCTION report.touch(run bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS touched_people (user_id bigint PRIMARY KEY) ON COMMIT DROP;
    CREATE TEMP TABLE IF NOT EXISTS touched_numbers (number text PRIMARY KEY) ON COMMIT DROP;
    CREATE TEMP TABLE IF NOT EXISTS touched_orders (order_id bigint PRIMARY KEY, user_id bigint, number text) ON COMMIT DROP;
    CREATE TEMP TABLE IF NOT EXISTS touched_payments (payment_number text PRIMARY KEY) ON COMMIT DROP;
    TRUNCATE pg_temp.touched_people, pg_temp.touched_numbers, pg_temp.touched_orders, pg_temp.touched_payments;
    -- whom the exclusions name now and did not before, or the other way round
    IF EXISTS (SELECT FROM report.exclusions) THEN
        INSERT INTO pg_temp.touched_people SELECT coalesce(n.user_id, o.user_id) FROM report.excluded_people n FULL JOIN report.fact_excluded o ON o.user_id = n.user_id WHERE n.reason IS DISTINCT FROM o.reason;
        DELETE FROM report.fact_excluded o WHERE EXISTS (SELECT FROM pg_temp.touched_people t WHERE t.user_id = o.user_id);
        INSERT INTO report.fact_excluded SELECT n.user_id, n.reason FROM report.excluded_people n JOIN pg_temp.touched_people t ON t.user_id = n.user_id;
    END IF;
    -- a number's payments may move between its orders: the numbers as they are and as they were
    INSERT INTO pg_temp.touched_numbers
    SELECT number FROM mirror.deals WHERE run_id = run AND number IS NOT NULL
    UNION SELECT f.order_number FROM mirror.deals d JOIN report.fact_orders f ON f.order_id = d.id WHERE d.run_id = run AND f.order_number IS NOT NULL
    UNION SELECT deal_number FROM mirror.payments WHERE run_id = run AND deal_number IS NOT NULL
    UNION SELECT f.deal_number FROM mirror.payments p JOIN report.fact_payments f ON f.payment_number = p.number WHERE p.run_id = run AND f.deal_number IS NOT NULL;
    INSERT INTO pg_temp.touched_orders
    SELECT id, user_id, number FROM mirror.deals WHERE run_id = run
    UNION SELECT d.id, d.user_id, d.number FROM mirror.deals d JOIN pg_temp.touched_numbers n ON n.number = d.number
    UNION SELECT d.id, d.user_id, d.number FROM mirror.deals d JOIN pg_temp.touched_people u ON u.user_id = d.user_id;
    ANALYZE pg_temp.touched_orders;
    -- new or returning is a matter of all orders of a person
    INSERT INTO pg_temp.touched_orders
    SELECT d.id, d.user_id, d.number FROM mirror.deals d JOIN (SELECT user_id FROM pg_temp.touched_orders WHERE user_id IS NOT NULL
                                          UNION SELECT f.user_id FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id WHERE f.user_id IS NOT NULL) u ON u.user_id = d.user_id
    ON CONFLICT DO NOTHING;
    INSERT INTO pg_temp.touched_numbers SELECT DISTINCT number FROM pg_temp.touched_orders WHERE number IS NOT NULL ON CONFLICT DO NOTHING;
    ANALYZE pg_temp.touched_orders, pg_temp.touched_numbers;
    INSERT INTO pg_temp.touched_payments
    SELECT number FROM mirror.payments WHERE run_id = run
    UNION SELECT p.number FROM mirror.payments p JOIN pg_temp.touched_numbers n ON n.number = p.deal_number
    UNION SELECT p.number FROM mirror.payments p JOIN (SELECT email_key FROM mirror.users WHERE run_id = run AND email_key IS NOT NULL
                                                       UNION SELECT h.email_key FROM history.users h JOIN mirror.users u ON u.id = h.id WHERE u.run_id = run AND h.closed_run_id = run AND h.email_key IS NOT NULL) e ON e.email_key = p.email_key
    UNION SELECT p.number FROM mirror.payments p JOIN mirror.users u ON u.email_key = p.email_key JOIN pg_temp.touched_people t ON t.user_id = u.id;
    ANALYZE pg_temp.touched_payments;
    SELECT (SELECT count(*) FROM pg_temp.touched_orders) + (SELECT count(*) FROM pg_temp.touched_payments) INTO found;
    RETURN found;
END $$;

CREATE FUNCTION report.look_at_touched() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS touched_facts (order_id bigint, user_id bigint, created_on date, paid_on date, money_on date, is_paid boolean, is_won boolean, counted boolean, currency text,
        paid_amount numeric(18,2), cost numeric(18,2), last_received_on date) ON COMMIT DROP;
    TRUNCATE pg_temp.touched_facts;
    INSERT INTO pg_temp.touched_facts (order_id, user_id, created_on, paid_on, money_on, is_paid, is_won, counted, currency, paid_amount, cost, last_received_on)
    SELECT f.order_id, f.user_id, f.created_on, f.paid_on, f.money_on, f.is_paid, f.is_won, f.counted, f.currency, f.paid_amount, f.cost, f.last_received_on
    FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id;
END $$;
COMMENT ON FUNCTION report.look_at_touched() IS 'Takes from the facts of the touched orders what days and buyers are made of; part of report.refresh_facts().';

CREATE OR REPLACE FUNCTION report.note_days(sign integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS changed_days (LIKE report.fact_days) ON COMMIT DROP;
    IF sign < 0 THEN TRUNCATE pg_temp.changed_days; END IF;
    EXECUTE format('INSERT INTO pg_temp.changed_days SELECT day, currency, %1$s * facts, %1$s * payments, %1$s * received, %1$s * returned, %1$s * net, %1$s * paid_on_payment_date, '
                   '%1$s * paid_on_creation_date, %1$s * won_on_creation_date, %1$s * set_apart_net, %1$s * set_apart_paid FROM (%2$s) d', sign,
                   report.days_sql('pg_temp.touched_facts',
                                   '(SELECT f.* FROM report.fact_payments f JOIN pg_temp.touched_payments t ON t.payment_number = f.payment_number)'));
END $$;

CREATE OR REPLACE FUNCTION report.put_facts(facts regclass, key text, day text, source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    made text;
    here text;
    proposed text;
    filled boolean;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('made.' || quote_ident(attname), ', ' ORDER BY attnum), string_agg('t.' || quote_ident(attname), ', ' ORDER BY attnum), string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum)
    INTO columns, made, here, proposed
    FROM pg_attribute WHERE attrelid = facts AND attnum > 0 AND NOT attisdropped AND attname <> 'changed_seq';
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', facts) INTO filled;
    EXECUTE format('INSERT INTO %1$s AS t (%2$s, changed_seq) SELECT %3$s, (SELECT seq FROM report.fact_state) FROM (%4$s) made', facts, columns, made, source)
            || CASE WHEN filled THEN format(' LEFT JOIN %5$s t ON t.%1$I = made.%1$I WHERE t.%1$I IS NULL OR (%3$s) IS DISTINCT FROM (%6$s) ON CONFLICT (%1$I) DO UPDATE SET (%2$s, changed_seq) = ROW (%4$s, excluded.changed_seq) WHERE (%3$s) IS DISTINCT FROM (%4$s)', key, columns, here, proposed, facts, made)
                    ELSE format(' ORDER BY %I', day) END;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;

CREATE OR REPLACE FUNCTION report.refresh_facts(run bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql SET jit = off SET default_statistics_target = 20 SET work_mem = '64MB' SET enable_mergejoin = off SET enable_memoize = off SET hash_mem_multiplier = 3 AS $$
DECLARE
    s report.fact_state;
    groups_touched bigint[];
    whole boolean;
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
        whole := (SELECT count(*) FROM mirror.deals WHERE run_id = run) + (SELECT count(*) FROM mirror.payments WHERE run_id = run) > (s.orders + s.payments) / 3 + 100;
    END IF;
    IF NOT whole THEN whole := report.touch(run) > (s.orders + s.payments) / 3 + 100; END IF;
    IF whole THEN
        DELETE FROM report.fact_excluded;
        INSERT INTO report.fact_excluded SELECT user_id, reason FROM report.excluded_people;
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
        groups_touched := ARRAY(SELECT DISTINCT group_id FROM mirror.memberships WHERE run_id = run);
        DELETE FROM report.fact_group_days WHERE group_id = ANY (groups_touched);
        INSERT INTO report.fact_group_days SELECT * FROM history.group_days WHERE group_id = ANY (groups_touched);
    END IF;
    UPDATE report.fact_state f SET stale = false, rebuild = false, stale_in = NULL, made_at = clock_timestamp(),
        first_day = CASE WHEN whole THEN report.first_day_of(NULL) ELSE least(f.first_day, report.first_day_of(run)) END,
        orders = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_orders) ELSE f.orders + orders_more END,
        payments = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_payments) ELSE f.payments + payments_more END;
    RETURN format('%s: %s orders, %s payments written', CASE WHEN whole THEN 'all facts' ELSE 'touched facts' END, orders_written, payments_written);
END $$;
