-- report: money by day kept ready. What a day brought is summed once, when the facts are written, and not at each opening of a chart: a year of revenue is
-- some hundred rows instead of a million. Each load takes away what the orders and payments it touched were, and adds what they are.
CREATE TABLE report.fact_days (
    day date, currency text NOT NULL, facts bigint NOT NULL, payments bigint NOT NULL, received numeric NOT NULL, returned numeric NOT NULL, net numeric NOT NULL,
    paid_on_payment_date numeric NOT NULL, paid_on_creation_date numeric NOT NULL, won_on_creation_date numeric NOT NULL, set_apart_net numeric NOT NULL, set_apart_paid numeric NOT NULL
);
CREATE INDEX fact_days_day ON report.fact_days (day);
COMMENT ON TABLE report.fact_days IS 'Money by day kept ready: each load takes away what the orders and payments it touched were, and adds what they are.';

CREATE FUNCTION report.days_sql(orders text, payments text) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
SELECT format($s$
SELECT day, currency, sum(facts)::bigint AS facts, sum(payments)::bigint AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       sum(paid_on_payment_date) AS paid_on_payment_date, sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date,
       sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid
FROM (
    SELECT day, currency, count(*) AS facts, count(*) FILTER (WHERE counted AND kind = 'received') AS payments, coalesce(sum(amount) FILTER (WHERE counted AND kind = 'received'), 0.00) AS received,
           coalesce(sum(abs(amount)) FILTER (WHERE counted AND kind = 'returned'), 0.00) AS returned, coalesce(sum(net) FILTER (WHERE counted), 0.00) AS net,
           0.00 AS paid_on_payment_date, 0.00 AS paid_on_creation_date, 0.00 AS won_on_creation_date, coalesce(sum(net) FILTER (WHERE NOT counted), 0.00) AS set_apart_net, 0.00 AS set_apart_paid
    FROM %2$s p WHERE kind IN ('received', 'returned') GROUP BY day, currency
    UNION ALL
    SELECT paid_on, currency, count(*), 0, 0.00, 0.00, 0.00, coalesce(sum(paid_amount) FILTER (WHERE counted), 0.00), 0.00, 0.00, 0.00, coalesce(sum(paid_amount) FILTER (WHERE NOT counted), 0.00)
    FROM %1$s o WHERE is_paid GROUP BY paid_on, currency
    UNION ALL
    SELECT created_on, currency, count(*), 0, 0.00, 0.00, 0.00, 0.00, coalesce(sum(paid_amount), 0.00), coalesce(sum(cost) FILTER (WHERE is_won), 0.00), 0.00, 0.00
    FROM %1$s o WHERE counted AND (is_paid OR is_won) GROUP BY created_on, currency
) sides GROUP BY day, currency
$s$, orders, payments)
$f$;
COMMENT ON FUNCTION report.days_sql(text, text) IS 'How facts become days of money, over the rows named; used by report.revenue_by_day and report.refresh_facts().';

-- while the facts are as the rows are, the days follow from them at once; before the view is replaced, so that no reader of it waits for the sums
DO $$
BEGIN
    IF NOT (SELECT stale FROM report.fact_state) THEN EXECUTE 'INSERT INTO report.fact_days ' || report.days_sql('report.fact_orders', 'report.fact_payments'); END IF;
END $$;

DO $$
DECLARE
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
    columns constant text := 'day, currency, payments, received, returned, net, paid_on_payment_date, paid_on_creation_date, won_on_creation_date, set_apart_net, set_apart_paid';
    c record;
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW report.revenue_by_day AS SELECT %3$s, (SELECT zone FROM report.clock) AS zone FROM (SELECT %3$s FROM report.fact_days WHERE %1$s UNION ALL SELECT %3$s FROM (%2$s) h WHERE NOT %1$s) d',
                   ready, report.days_sql('history.orders_then()', 'history.payments_then()'), columns);
    FOR c IN SELECT a.attname, coalesce(CASE a.attname WHEN 'facts' THEN 'Orders and payments behind the row; a row of none goes.' END,
                                        (SELECT col_description(v.attrelid, v.attnum) FROM pg_attribute v WHERE v.attrelid = 'report.revenue_by_day'::regclass AND v.attname = a.attname)) AS words
             FROM pg_attribute a WHERE a.attrelid = 'report.fact_days'::regclass AND a.attnum > 0 LOOP
        EXECUTE format('COMMENT ON COLUMN report.fact_days.%I IS %L', c.attname, c.words);
    END LOOP;
END $$;

-- What the touched facts add to their days: less of what they were (sign -1, before they are written), more of what they are (1).
CREATE FUNCTION report.note_days(sign integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS changed_days (LIKE report.fact_days) ON COMMIT DROP;
    IF sign < 0 THEN TRUNCATE pg_temp.changed_days; END IF;
    EXECUTE format('INSERT INTO pg_temp.changed_days SELECT day, currency, %1$s * facts, %1$s * payments, %1$s * received, %1$s * returned, %1$s * net, %1$s * paid_on_payment_date, '
                   '%1$s * paid_on_creation_date, %1$s * won_on_creation_date, %1$s * set_apart_net, %1$s * set_apart_paid FROM (%2$s) d', sign,
                   report.days_sql('(SELECT f.* FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id)',
                                   '(SELECT f.* FROM report.fact_payments f JOIN pg_temp.touched_payments t ON t.payment_number = f.payment_number)'));
END $$;
COMMENT ON FUNCTION report.note_days(integer) IS 'Sums the touched facts by day, to be taken away (-1) or added (1); part of report.refresh_facts().';
CREATE FUNCTION report.put_days() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH d AS MATERIALIZED (
        SELECT day, currency, sum(facts)::bigint AS facts, sum(payments)::bigint AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net, sum(paid_on_payment_date) AS paid_on_payment_date,
               sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date, sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid
        FROM pg_temp.changed_days GROUP BY day, currency
        HAVING sum(facts) <> 0 OR sum(payments) <> 0 OR sum(received) <> 0 OR sum(returned) <> 0 OR sum(net) <> 0 OR sum(paid_on_payment_date) <> 0
            OR sum(paid_on_creation_date) <> 0 OR sum(won_on_creation_date) <> 0 OR sum(set_apart_net) <> 0 OR sum(set_apart_paid) <> 0
    ), stood AS (DELETE FROM report.fact_days f USING d WHERE f.currency = d.currency AND f.day IS NOT DISTINCT FROM d.day RETURNING f.*)
    INSERT INTO report.fact_days
    SELECT day, currency, sum(facts), sum(payments), sum(received), sum(returned), sum(net), sum(paid_on_payment_date), sum(paid_on_creation_date), sum(won_on_creation_date), sum(set_apart_net), sum(set_apart_paid)
    FROM (TABLE d UNION ALL TABLE stood) x GROUP BY day, currency HAVING sum(facts) <> 0;
END $$;
COMMENT ON FUNCTION report.put_days() IS 'Brings the days up to what was noted; part of report.refresh_facts().';

-- Orders and payments alike. In the order of their days: what a range asks for stands together, wherever the joins left it.
DROP FUNCTION report.put_order_facts(text);
DROP FUNCTION report.put_payment_facts(text);
CREATE FUNCTION report.put_facts(facts regclass, key text, day text, source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    here text;
    proposed text;
    filled boolean;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('t.' || quote_ident(attname), ', ' ORDER BY attnum), string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum)
    INTO columns, here, proposed
    FROM pg_attribute WHERE attrelid = facts AND attnum > 0 AND NOT attisdropped AND attname <> 'changed_seq';
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', facts) INTO filled;
    EXECUTE format('INSERT INTO %1$s AS t (%2$s, changed_seq) SELECT %2$s, (SELECT seq FROM report.fact_state) FROM (%3$s) made', facts, columns, source)
            || CASE WHEN filled THEN format(' ON CONFLICT (%1$I) DO UPDATE SET (%2$s, changed_seq) = ROW (%4$s, excluded.changed_seq) WHERE (%3$s) IS DISTINCT FROM (%4$s)', key, columns, here, proposed)
                    ELSE format(' ORDER BY %I', day) END;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
COMMENT ON FUNCTION report.put_facts(regclass, text, text, text) IS 'Writes the facts of a query that differ from those that stand; part of report.refresh_facts().';

CREATE OR REPLACE FUNCTION report.refresh_facts(run bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql SET jit = off SET default_statistics_target = 20 SET work_mem = '64MB' SET enable_mergejoin = off SET enable_memoize = off SET hash_mem_multiplier = 3 AS $$
DECLARE
    s report.fact_state;
    groups_touched bigint[];
    whole boolean;
    orders_written bigint;
    payments_written bigint;
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
    IF NOT whole THEN PERFORM report.note_days(-1); END IF;
    IF whole THEN
        DELETE FROM report.fact_buyers;
    ELSE
        DELETE FROM report.fact_buyers WHERE user_id IN (SELECT d.user_id FROM mirror.deals d JOIN pg_temp.touched_orders t ON t.order_id = d.id UNION SELECT f.user_id FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id);
    END IF;
    orders_written := report.put_facts('report.fact_orders', 'order_id', 'created_on', report.order_facts_sql(deal_rows, money_rows, numbers, 'report.fact_excluded', false));
    IF whole THEN
        ANALYZE report.fact_orders, report.fact_excluded;
    END IF;
    -- all orders of a person are touched together
    EXECUTE 'INSERT INTO report.fact_buyers ' || report.buyers_sql(CASE WHEN whole THEN 'report.fact_orders'
        ELSE '(SELECT f.* FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id) f' END);
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
        orders = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_orders) ELSE f.orders + orders_written END,
        payments = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_payments) ELSE f.payments + payments_written END;
    RETURN format('%s: %s orders, %s payments written', CASE WHEN whole THEN 'all facts' ELSE 'touched facts' END, orders_written, payments_written);
END $$;

SELECT report.publish_masked(), report.grant_roles();
