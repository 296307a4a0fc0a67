-- report: what analysts build on: launches at a million orders, a counter that only grows, and how the views join.
-- Sales of a day are summed before they are laid against launches, and a pattern is compared with each product once, not with each sale.
CREATE OR REPLACE VIEW report.launch_curves AS
WITH sold AS MATERIALIZED (
    SELECT product, day, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(net) AS net FROM report.sales WHERE counted GROUP BY product, day, currency
), launch AS (
    SELECT l.launch, p.product, l.starts_on, l.ends_on FROM report.launches l JOIN (SELECT DISTINCT product FROM sold) p ON p.product = l.product OR p.product ILIKE l.product
    UNION ALL
    SELECT product, product, min(day) FILTER (WHERE orders > 0), 'infinity' FROM sold WHERE NOT EXISTS (SELECT FROM report.launches) GROUP BY product
), days AS (
    SELECT l.launch, l.starts_on, s.day, s.currency, sum(s.orders)::bigint AS orders, sum(s.paid_orders)::bigint AS paid_orders, sum(s.net) AS net
    FROM launch l JOIN sold s ON s.product = l.product AND s.day BETWEEN l.starts_on AND l.ends_on
    GROUP BY l.launch, l.starts_on, s.day, s.currency
)
SELECT launch, day - starts_on AS day_no, day, currency, orders, paid_orders, net,
       sum(orders) OVER sofar AS cumulative_orders, sum(net) OVER sofar AS cumulative_net
FROM days WINDOW sofar AS (PARTITION BY launch, currency ORDER BY day);

-- What stands under every report of money, what is set apart and what has no date, is few rows: found without reading the others.
CREATE INDEX ON report.fact_orders (created_on) WHERE NOT counted;
CREATE INDEX ON report.fact_orders (created_on) WHERE counted AND paid_amount <> 0 AND money_on IS NULL;
CREATE INDEX ON report.fact_orders (created_on) WHERE counted AND paid_amount <> 0 AND paid_on IS NULL;
CREATE INDEX ON report.fact_payments (day) WHERE NOT counted OR kind <> ALL ('{received,returned}');

-- Who is set apart is known since the facts were written; asked anew only where the facts may not answer.
DO $$
DECLARE
    numbers constant text := '(SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number)';
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
BEGIN
    EXECUTE 'CREATE VIEW history.excluded_people AS ' || pg_get_viewdef('report.excluded_people'::regclass);
    EXECUTE 'CREATE OR REPLACE VIEW history.order_facts AS' || report.order_facts_sql('history.deals_at', 'history.payments_at', numbers, 'history.excluded_people');
    EXECUTE 'CREATE OR REPLACE VIEW history.payment_facts AS' || report.payment_facts_sql('history.payments_at', numbers, 'history.order_facts',
        '(SELECT email_key, min(id) AS user_id FROM history.users_at WHERE email_key IS NOT NULL AND missing_since IS NULL GROUP BY email_key)', 'history.excluded_people');
    EXECUTE format('CREATE OR REPLACE VIEW report.excluded_people AS SELECT user_id, reason FROM report.fact_excluded WHERE %1$s UNION ALL SELECT user_id, reason FROM history.excluded_people WHERE NOT %1$s', ready);
END $$;
COMMENT ON VIEW history.excluded_people IS 'Who is set apart, asked from the rows themselves; report.excluded_people keeps the present ones ready.';
COMMENT ON COLUMN history.excluded_people.user_id IS 'Number of the person in GetCourse (mirror.users.id).';
COMMENT ON COLUMN history.excluded_people.reason IS 'Why.';

-- A rollback makes rows older again, and two loads may end in one second: what changed since is asked by a number.
ALTER TABLE report.fact_state ADD COLUMN seq bigint NOT NULL DEFAULT 0;
ALTER TABLE report.fact_orders ADD COLUMN changed_seq bigint NOT NULL DEFAULT 0;
ALTER TABLE report.fact_payments ADD COLUMN changed_seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN report.fact_state.seq IS 'How often facts were written: the newest changed_seq.';
COMMENT ON COLUMN report.fact_orders.changed_seq IS 'Number of the writing that changed the row last; it only grows, also over a rollback.';
COMMENT ON COLUMN report.fact_payments.changed_seq IS 'Number of the writing that changed the row last; it only grows, also over a rollback.';
CREATE OR REPLACE FUNCTION report.put_order_facts(source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    here text;
    proposed text;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('t.' || quote_ident(attname), ', ' ORDER BY attnum), string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum)
    INTO columns, here, proposed
    FROM pg_attribute WHERE attrelid = 'report.fact_orders'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'changed_seq';
    EXECUTE format('INSERT INTO report.fact_orders AS t (%1$s, changed_seq) SELECT %1$s, (SELECT seq FROM report.fact_state) FROM (%2$s) made', columns, source)
            || CASE WHEN EXISTS (SELECT FROM report.fact_orders) THEN
                   format(' ON CONFLICT (order_id) DO UPDATE SET (%1$s, changed_seq) = ROW (%3$s, excluded.changed_seq) WHERE (%2$s) IS DISTINCT FROM (%3$s)', columns, here, proposed) ELSE '' END;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
CREATE OR REPLACE FUNCTION report.put_payment_facts(source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    here text;
    proposed text;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('t.' || quote_ident(attname), ', ' ORDER BY attnum), string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum)
    INTO columns, here, proposed
    FROM pg_attribute WHERE attrelid = 'report.fact_payments'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'changed_seq';
    EXECUTE format('INSERT INTO report.fact_payments AS t (%1$s, changed_seq) SELECT %1$s, (SELECT seq FROM report.fact_state) FROM (%2$s) made', columns, source)
            || CASE WHEN EXISTS (SELECT FROM report.fact_payments) THEN
                   format(' ON CONFLICT (payment_number) DO UPDATE SET (%1$s, changed_seq) = ROW (%3$s, excluded.changed_seq) WHERE (%2$s) IS DISTINCT FROM (%3$s)', columns, here, proposed) ELSE '' END;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
CREATE OR REPLACE FUNCTION report.refresh_facts(run bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql SET jit = off SET default_statistics_target = 20 AS $$
DECLARE
    s report.fact_state;
    whole boolean;
    orders_written bigint;
    payments_written bigint;
    numbers text := '(SELECT number, max(id) AS order_id FROM mirror.deals WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number)';
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
        DELETE FROM report.fact_orders f WHERE NOT EXISTS (SELECT FROM mirror.deals d WHERE d.id = f.order_id);
        DELETE FROM report.fact_payments f WHERE NOT EXISTS (SELECT FROM mirror.payments p WHERE p.number = f.payment_number);
    ELSE
        numbers := '(SELECT d.number, max(d.id) AS order_id FROM mirror.deals d JOIN pg_temp.touched_numbers t ON t.number = d.number WHERE d.missing_since IS NULL GROUP BY d.number)';
        emails := '(SELECT u.email_key, min(u.id) AS user_id FROM mirror.users u WHERE u.missing_since IS NULL AND u.email_key IN (SELECT p.email_key FROM mirror.payments p JOIN pg_temp.touched_payments t ON t.payment_number = p.number) GROUP BY u.email_key)';
        deal_rows := '(SELECT d.* FROM mirror.deals d JOIN pg_temp.touched_orders t ON t.order_id = d.id)';
        money_rows := '(SELECT p.* FROM mirror.payments p JOIN pg_temp.touched_numbers t ON t.number = p.deal_number)';
        payment_rows := '(SELECT p.* FROM mirror.payments p JOIN pg_temp.touched_payments t ON t.payment_number = p.number)';
        -- a payment's number may have no row among the touched numbers only when it has no order at all
        numbers := replace(numbers, 'pg_temp.touched_numbers', '(SELECT number FROM pg_temp.touched_numbers UNION SELECT p.deal_number FROM mirror.payments p JOIN pg_temp.touched_payments t ON t.payment_number = p.number WHERE p.deal_number IS NOT NULL)');
    END IF;
    orders_written := report.put_order_facts(report.order_facts_sql(deal_rows, money_rows, numbers, 'report.fact_excluded'));
    IF whole THEN ANALYZE report.fact_orders, report.fact_excluded; END IF;
    payments_written := report.put_payment_facts(report.payment_facts_sql(payment_rows, numbers, 'report.fact_orders', emails, 'report.fact_excluded'));
    IF whole THEN ANALYZE report.fact_payments; END IF;
    UPDATE report.fact_state f SET stale = false, rebuild = false, stale_in = NULL, made_at = clock_timestamp(),
        first_day = CASE WHEN whole THEN report.first_day_of(NULL) ELSE least(f.first_day, report.first_day_of(run)) END,
        orders = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_orders) ELSE f.orders + orders_written END,
        payments = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_payments) ELSE f.payments + payments_written END;
    RETURN format('%s: %s orders, %s payments written', CASE WHEN whole THEN 'all facts' ELSE 'touched facts' END, orders_written, payments_written);
END $$;
DO $$
DECLARE
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
    orders constant text := '%1$s.order_id, %1$s.order_number, %1$s.user_id, %2$s AS person_name, %3$s.email, %3$s.phone, %1$s.created_on, %1$s.paid_on, %1$s.created_at, %1$s.paid_at, '
        '%1$s.product, %1$s.status, %1$s.status_code, %1$s.cost, %1$s.paid_amount, %1$s.currency, %1$s.payment_system_fee, %1$s.tax, %1$s.other_fees, %1$s.earned, %1$s.manager, %1$s.department, '
        '%1$s.utm_source, %1$s.utm_medium, %1$s.utm_campaign, %1$s.person_utm_source, %1$s.person_utm_medium, %1$s.person_utm_campaign, %1$s.channel, %1$s.payment_system, %1$s.promo_code, %1$s.promotion, '
        '%3$s.order_partner_id, %3$s.order_partner_email, %3$s.order_partner_name, %3$s.user_partner_id, %3$s.user_partner_email, %3$s.user_partner_name, '
        '%3$s.city, coalesce(%3$s.tags, ''{}'') AS tags, coalesce(%3$s.offer_tags, ''{}'') AS offer_tags, %1$s.is_won, %1$s.is_paid, %1$s.set_apart, %1$s.counted, %1$s.run_id, %1$s.export_id, '
        '%1$s.received, %1$s.returned, %1$s.expected, %1$s.payments, %1$s.all_payments, %1$s.first_received_on, %1$s.last_received_on, %1$s.money_on, %1$s.money_on_from, %1$s.buyer_kind, %4$s AS changed_seq';
    payments constant text := '%1$s.payment_number, %1$s.day, %1$s.created_at, %1$s.status, %1$s.status_code, %1$s.kind, %1$s.amount, %1$s.net, %1$s.currency, %1$s.fee, %1$s.type, %1$s.order_id, %1$s.user_id, %1$s.matched_by, '
        '%1$s.product, %1$s.manager, %1$s.department, %1$s.utm_source, %1$s.utm_medium, %1$s.utm_campaign, %1$s.person_utm_source, %1$s.person_utm_medium, %1$s.person_utm_campaign, '
        '%1$s.channel, %1$s.payment_system, %2$s AS person_name, %3$s.email, %1$s.set_apart, %1$s.counted, %1$s.run_id, %1$s.export_id, %1$s.deal_number, %4$s AS changed_seq';
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW report.orders AS SELECT ' || format(orders, 'f', 'd.user_name', 'd', 'f.changed_seq') || ' FROM (SELECT * FROM report.fact_orders WHERE %1$s) f LEFT JOIN mirror.deals d ON d.id = f.order_id '
                   'UNION ALL SELECT ' || format(orders, 'h', 'h.person_name', 'h', 'NULL::bigint') || ' FROM history.orders_then() h WHERE NOT %1$s', ready);
    EXECUTE format('CREATE OR REPLACE VIEW report.payments AS SELECT ' || format(payments, 'f', 'p.user_name', 'p', 'f.changed_seq') || ' FROM (SELECT * FROM report.fact_payments WHERE %1$s) f LEFT JOIN mirror.payments p ON p.number = f.payment_number '
                   'UNION ALL SELECT ' || format(payments, 'h', 'h.person_name', 'h', 'NULL::bigint') || ' FROM history.payments_then() h WHERE NOT %1$s', ready);
END $$;
COMMENT ON COLUMN report.orders.changed_seq IS 'Number of the writing that changed the row last; it only grows, also over a rollback: incremental models ask for what is greater. Empty in a state of the past.';
COMMENT ON COLUMN report.payments.changed_seq IS 'Number of the writing that changed the row last; it only grows, also over a rollback: incremental models ask for what is greater. Empty in a state of the past.';

-- There are no foreign keys, since a body may hold an order before its person: how tables join is said here, for people and for the files of bi/.
CREATE VIEW mirror.relations AS
SELECT * FROM (VALUES
    ('report', 'orders', 'user_id', 'report', 'people', 'user_id', 'buyer'), ('report', 'orders', 'product', 'report', 'dim_product', 'product', 'product'),
    ('report', 'orders', 'manager', 'report', 'dim_manager', 'manager', 'manager'), ('report', 'orders', 'channel', 'report', 'dim_channel', 'channel', 'last touch'),
    ('report', 'orders', 'created_on', 'report', 'dim_date', 'day', 'day of creation'),
    ('report', 'payments', 'order_id', 'report', 'orders', 'order_id', 'order paid'), ('report', 'payments', 'user_id', 'report', 'people', 'user_id', 'payer'),
    ('report', 'payments', 'day', 'report', 'dim_date', 'day', 'day of the payment'),
    ('report', 'paid_orders', 'order_id', 'report', 'orders', 'order_id', 'the same order'), ('report', 'debts', 'order_id', 'report', 'orders', 'order_id', 'order owed'),
    ('report', 'order_tags', 'order_id', 'report', 'orders', 'order_id', 'order tagged'), ('report', 'order_offer_tags', 'order_id', 'report', 'orders', 'order_id', 'order of the offer'),
    ('report', 'people', 'registered_on', 'report', 'dim_date', 'day', 'day of registration'),
    ('mirror', 'deals', 'user_id', 'mirror', 'users', 'id', 'buyer'), ('mirror', 'memberships', 'user_id', 'mirror', 'users', 'id', 'member'),
    ('mirror', 'memberships', 'group_id', 'mirror', 'groups', 'id', 'group'))
    r(from_schema, from_table, from_column, to_schema, to_table, to_column, role);
COMMENT ON VIEW mirror.relations IS 'How the tables join, many to one: what a foreign key would say.';
COMMENT ON COLUMN mirror.relations.from_schema IS 'Schema of the many.';
COMMENT ON COLUMN mirror.relations.from_table IS 'Table or view of the many.';
COMMENT ON COLUMN mirror.relations.from_column IS 'Its column; empty where nothing is known.';
COMMENT ON COLUMN mirror.relations.to_schema IS 'Schema of the one.';
COMMENT ON COLUMN mirror.relations.to_table IS 'Table or view of the one.';
COMMENT ON COLUMN mirror.relations.to_column IS 'Its key.';
COMMENT ON COLUMN mirror.relations.role IS 'What the one is to the many.';
SELECT report.publish_masked(), report.grant_roles(), report.refresh_facts();
