-- report: facts whose rows are read for less, and views that sum before they join. What most reports ask for stands first in a row (reading a column
-- means walking over all before it); indexes beside the keys are made after the rows of a first load; contacts are not carried through the making.
CREATE TABLE report.narrow_orders (
    order_id bigint PRIMARY KEY, user_id bigint, created_on date, paid_on date, money_on date, is_paid boolean, is_won boolean, counted boolean, has_phone boolean,
    currency text, paid_amount numeric(18,2), cost numeric(18,2), product text, manager text, department text,
    utm_source text, utm_medium text, utm_campaign text, person_utm_source text, person_utm_medium text, person_utm_campaign text, payment_system text,
    buyer_kind text, set_apart text, status_code text, received numeric, returned numeric, expected numeric, order_number text,
    first_received_on date, last_received_on date, payments bigint, all_payments bigint, channel text, status text, created_at timestamptz, paid_at timestamptz,
    payment_system_fee numeric(18,2), tax numeric(18,2), other_fees numeric(18,2), earned numeric(18,2), promo_code text, promotion text, money_on_from text,
    run_id bigint, export_id bigint, changed_seq bigint NOT NULL DEFAULT 0
);
CREATE TABLE report.narrow_payments (
    day date, counted boolean, kind text, currency text, amount numeric(18,2), net numeric, product text, manager text, department text,
    utm_source text, utm_medium text, utm_campaign text, person_utm_source text, person_utm_medium text, person_utm_campaign text, payment_system text, set_apart text,
    order_id bigint, user_id bigint, fee numeric(18,2), status_code text, status text, payment_number text PRIMARY KEY, deal_number text, created_at timestamptz,
    type text, matched_by text, channel text, run_id bigint, export_id bigint, changed_seq bigint NOT NULL DEFAULT 0
);

DROP FUNCTION report.order_facts_sql(text, text, text, text);
CREATE FUNCTION report.order_facts_sql(deals text, payments text, numbers text, excluded text, contacts boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
SELECT format($s$
WITH f AS MATERIALIZED (
    SELECT d.id AS order_id, d.number AS order_number, d.user_id, %5$s
           (d.created_at AT TIME ZONE z.zone)::date AS created_on, (d.paid_at AT TIME ZONE z.zone)::date AS paid_on, d.created_at, d.paid_at,
           coalesce(nullif(btrim(d.content), ''), '(no title)') AS product, d.status, d.status_code,
           d.cost, d.paid_amount, coalesce(nullif(d.currency, ''), '?') AS currency, d.payment_system_fee, d.tax, d.other_fees, d.earned,
           coalesce(nullif(btrim(split_part(d.manager, ' / ', 1)), ''), '(none)') AS manager, coalesce(btrim(split_part(d.manager, ' / ', 2)), '') AS department,
           coalesce(d.utm_source, '') AS utm_source, coalesce(d.utm_medium, '') AS utm_medium, coalesce(d.utm_campaign, '') AS utm_campaign,
           coalesce(d.user_utm_source, '') AS person_utm_source, coalesce(d.user_utm_medium, '') AS person_utm_medium, coalesce(d.user_utm_campaign, '') AS person_utm_campaign,
           coalesce(nullif(concat_ws(' / ', nullif(d.utm_source, ''), nullif(d.utm_medium, ''), nullif(d.utm_campaign, '')), ''), '(none)') AS channel,
           coalesce(nullif(d.payment_system, ''), '(none)') AS payment_system, coalesce(d.promo_code, '') AS promo_code, coalesce(d.promotion, '') AS promotion,
           %6$s
           coalesce(d.status_code = 'payed' OR (d.status_code = 'part_payed' AND z.part_payed_is_won), false) AS is_won,
           coalesce(d.paid_amount > 0, false) AS is_paid, a.set_apart, a.set_apart IS NULL AS counted,
           m.received, m.returned, m.expected, coalesce(m.payments, 0) AS payments, coalesce(m.all_payments, 0) AS all_payments, m.first_received_on, m.last_received_on,
           coalesce(m.first_received_on, (d.paid_at AT TIME ZONE z.zone)::date) AS money_on,
           CASE WHEN m.first_received_on IS NOT NULL THEN 'payment' WHEN d.paid_at IS NOT NULL THEN 'payment date' ELSE 'none' END AS money_on_from,
           coalesce(d.phone, '') <> '' AS has_phone, d.run_id, d.export_id
    FROM %1$s d
    CROSS JOIN (SELECT time_zone AS zone, part_payed_is_won FROM report.settings LIMIT 1) z
    LEFT JOIN %4$s x ON x.user_id = d.user_id
    CROSS JOIN (SELECT array_agg(value) FILTER (WHERE kind = 'tag') AS tags, array_agg(value) FILTER (WHERE kind = 'product') AS products, array_agg(value) FILTER (WHERE kind = 'manager') AS managers,
                       array_agg(lower(value)) FILTER (WHERE kind = 'email') AS emails, array_agg(lower(value)) FILTER (WHERE kind = 'email_domain') AS domains FROM report.exclusions) w
    CROSS JOIN LATERAL (SELECT CASE WHEN d.tags && w.tags OR d.content ILIKE ANY (w.products) OR d.manager ILIKE ANY (w.managers) OR d.email_key = ANY (w.emails) OR split_part(d.email_key, '@', 2) = ANY (w.domains) THEN (
        SELECT min(kind || ' ' || value) FROM report.exclusions
        WHERE (kind = 'tag' AND value = ANY (d.tags)) OR (kind = 'product' AND d.content ILIKE value) OR (kind = 'manager' AND d.manager ILIKE value)
           OR (kind = 'email' AND lower(value) = d.email_key) OR (kind = 'email_domain' AND lower(value) = split_part(d.email_key, '@', 2))) END AS reason OFFSET 0) e
    CROSS JOIN LATERAL (SELECT CASE WHEN d.missing_since IS NOT NULL THEN 'vanished' WHEN x.reason IS NOT NULL THEN 'excluded: ' || x.reason
                                    WHEN e.reason IS NOT NULL THEN 'excluded: ' || e.reason WHEN d.status_code = 'false' THEN 'false'
                                    WHEN coalesce(d.cost, 0) = 0 AND coalesce(d.paid_amount, 0) = 0 THEN 'free' END AS set_apart OFFSET 0) a
    LEFT JOIN (
        SELECT n.order_id, sum(p.amount) FILTER (WHERE p.status_code = 'accepted') AS received, sum(abs(p.amount)) FILTER (WHERE p.status_code = 'returned') AS returned,
               sum(p.amount) FILTER (WHERE p.status_code = 'expected') AS expected,
               (min(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS first_received_on,
               (max(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS last_received_on,
               count(*) FILTER (WHERE p.status_code = 'accepted') AS payments, count(*) AS all_payments
        FROM %2$s p JOIN %3$s n ON n.number = p.deal_number WHERE p.missing_since IS NULL GROUP BY n.order_id
    ) m ON m.order_id = d.id
)
SELECT f.order_id, f.order_number, f.user_id, %7$s f.created_on, f.paid_on, f.created_at, f.paid_at, f.product, f.status, f.status_code, f.cost, f.paid_amount, f.currency,
       f.payment_system_fee, f.tax, f.other_fees, f.earned, f.manager, f.department, f.utm_source, f.utm_medium, f.utm_campaign, f.person_utm_source, f.person_utm_medium, f.person_utm_campaign,
       f.channel, f.payment_system, f.promo_code, f.promotion, %8$s f.is_won, f.is_paid, f.set_apart, f.counted, f.received, f.returned, f.expected, f.payments, f.all_payments,
       f.first_received_on, f.last_received_on, f.money_on, f.money_on_from, f.run_id, f.export_id,
       CASE WHEN NOT (f.is_paid AND f.counted) THEN NULL WHEN f.user_id IS NULL THEN 'unknown' WHEN b.order_id IS NOT NULL THEN 'new' ELSE 'returning' END AS buyer_kind,
       f.has_phone
FROM f LEFT JOIN (SELECT DISTINCT ON (user_id) order_id FROM f WHERE is_paid AND counted AND user_id IS NOT NULL ORDER BY user_id, money_on, order_id) b ON b.order_id = f.order_id
$s$, deals, payments, numbers, excluded,
    CASE WHEN contacts THEN 'd.user_name AS person_name, d.email, d.phone,' ELSE '' END,
    CASE WHEN contacts THEN $p$d.order_partner_id, d.order_partner_email, d.order_partner_name, d.user_partner_id, d.user_partner_email, d.user_partner_name,
           d.city, coalesce(d.tags, '{}') AS tags, coalesce(d.offer_tags, '{}') AS offer_tags,$p$ ELSE '' END,
    CASE WHEN contacts THEN 'f.person_name, f.email, f.phone,' ELSE '' END,
    CASE WHEN contacts THEN 'f.order_partner_id, f.order_partner_email, f.order_partner_name, f.user_partner_id, f.user_partner_email, f.user_partner_name, f.city, f.tags, f.offer_tags,' ELSE '' END)
$f$;
COMMENT ON FUNCTION report.order_facts_sql(text, text, text, text, boolean) IS 'How an order becomes a fact, over the rows named, with the contacts or without; used by history.order_facts and report.refresh_facts().';
DO $$
DECLARE
    numbers constant text := '(SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number)';
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
    orders constant text := '%1$s.order_id, %1$s.order_number, %1$s.user_id, %2$s AS person_name, %3$s.email, %3$s.phone, %1$s.created_on, %1$s.paid_on, %1$s.created_at, %1$s.paid_at, '
        '%1$s.product, %1$s.status, %1$s.status_code, %1$s.cost, %1$s.paid_amount, %1$s.currency, %1$s.payment_system_fee, %1$s.tax, %1$s.other_fees, %1$s.earned, %1$s.manager, %1$s.department, '
        '%1$s.utm_source, %1$s.utm_medium, %1$s.utm_campaign, %1$s.person_utm_source, %1$s.person_utm_medium, %1$s.person_utm_campaign, %1$s.channel, %1$s.payment_system, %1$s.promo_code, %1$s.promotion, '
        '%3$s.order_partner_id, %3$s.order_partner_email, %3$s.order_partner_name, %3$s.user_partner_id, %3$s.user_partner_email, %3$s.user_partner_name, '
        '%3$s.city, coalesce(%3$s.tags, ''{}'') AS tags, coalesce(%3$s.offer_tags, ''{}'') AS offer_tags, %1$s.is_won, %1$s.is_paid, %1$s.set_apart, %1$s.counted, %1$s.run_id, %1$s.export_id, '
        '%1$s.received, %1$s.returned, %1$s.expected, %1$s.payments, %1$s.all_payments, %1$s.first_received_on, %1$s.last_received_on, %1$s.money_on, %1$s.money_on_from, %1$s.buyer_kind, %4$s AS changed_seq, %1$s.has_phone';
    payments constant text := '%1$s.payment_number, %1$s.day, %1$s.created_at, %1$s.status, %1$s.status_code, %1$s.kind, %1$s.amount, %1$s.net, %1$s.currency, %1$s.fee, %1$s.type, %1$s.order_id, %1$s.user_id, %1$s.matched_by, '
        '%1$s.product, %1$s.manager, %1$s.department, %1$s.utm_source, %1$s.utm_medium, %1$s.utm_campaign, %1$s.person_utm_source, %1$s.person_utm_medium, %1$s.person_utm_campaign, '
        '%1$s.channel, %1$s.payment_system, %2$s AS person_name, %3$s.email, %1$s.set_apart, %1$s.counted, %1$s.run_id, %1$s.export_id, %1$s.deal_number, %4$s AS changed_seq';
    c record;
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW history.order_facts AS' || report.order_facts_sql('history.deals_at', 'history.payments_at', numbers, 'history.excluded_people', true);
    EXECUTE format('CREATE OR REPLACE VIEW report.orders AS SELECT ' || format(orders, 'f', 'd.user_name', 'd', 'f.changed_seq') || ' FROM (SELECT * FROM report.narrow_orders WHERE %1$s) f LEFT JOIN mirror.deals d ON d.id = f.order_id '
                   'UNION ALL SELECT ' || format(orders, 'h', 'h.person_name', 'h', 'NULL::bigint') || ' FROM history.orders_then() h WHERE NOT %1$s', ready);
    EXECUTE format('CREATE OR REPLACE VIEW report.payments AS SELECT ' || format(payments, 'f', 'p.user_name', 'p', 'f.changed_seq') || ' FROM (SELECT * FROM report.narrow_payments WHERE %1$s) f LEFT JOIN mirror.payments p ON p.number = f.payment_number '
                   'UNION ALL SELECT ' || format(payments, 'h', 'h.person_name', 'h', 'NULL::bigint') || ' FROM history.payments_then() h WHERE NOT %1$s', ready);
    FOR c IN SELECT n.attrelid::regclass AS table_name, n.attname, col_description(o.attrelid, o.attnum) AS words
             FROM (VALUES ('report.narrow_orders', 'report.fact_orders'), ('report.narrow_payments', 'report.fact_payments')) t(fresh, old)
             JOIN pg_attribute n ON n.attrelid = t.fresh::regclass AND n.attnum > 0 JOIN pg_attribute o ON o.attrelid = t.old::regclass AND o.attname = n.attname LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.table_name, c.attname, c.words);
    END LOOP;
    FOR c IN SELECT * FROM (VALUES ('report.narrow_orders'), ('history.order_facts'), ('report.orders')) t(name) LOOP
        EXECUTE format('COMMENT ON COLUMN %s.has_phone IS %L', c.name, 'Whether the order names a phone.');
    END LOOP;
END $$;
DROP TABLE report.fact_orders, report.fact_payments;
ALTER TABLE report.narrow_orders RENAME TO fact_orders;
ALTER TABLE report.fact_orders RENAME CONSTRAINT narrow_orders_pkey TO fact_orders_pkey;
ALTER TABLE report.narrow_payments RENAME TO fact_payments;
ALTER TABLE report.fact_payments RENAME CONSTRAINT narrow_payments_pkey TO fact_payments_pkey;
COMMENT ON TABLE report.fact_orders IS 'report.orders kept ready: written by each load for the orders it touched.';
COMMENT ON TABLE report.fact_payments IS 'report.payments kept ready: written by each load for the payments it touched.';

-- What each person has paid, by currency: asked by every report of buyers, and a third of the rows.
CREATE TABLE report.fact_buyers (
    user_id bigint, currency text, counts_person boolean NOT NULL, orders bigint NOT NULL, paid_amount numeric, first_money_on date, last_money_on date, PRIMARY KEY (user_id, currency)
);
COMMENT ON TABLE report.fact_buyers IS 'report.buyers kept ready: written by each load for the people whose orders it touched.';
CREATE FUNCTION report.buyers_sql(orders text) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
SELECT format($s$
SELECT user_id, currency, row_number() OVER (PARTITION BY user_id ORDER BY currency) = 1 AS counts_person, count(*) AS orders, sum(paid_amount) AS paid_amount,
       min(money_on) AS first_money_on, max(coalesce(last_received_on, money_on)) AS last_money_on
FROM %1$s WHERE is_paid AND counted AND user_id IS NOT NULL GROUP BY user_id, currency
$s$, orders)
$f$;
COMMENT ON FUNCTION report.buyers_sql(text) IS 'How orders become buyers, over the rows named; used by report.buyers and report.refresh_facts().';
DO $$
DECLARE
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
    c record;
BEGIN
    EXECUTE format('CREATE VIEW report.buyers AS SELECT user_id, currency, counts_person, orders, paid_amount, first_money_on, last_money_on FROM report.fact_buyers WHERE %1$s '
                   'UNION ALL SELECT * FROM (%2$s) h WHERE NOT %1$s', ready, report.buyers_sql('history.orders_then()'));
    FOR c IN SELECT * FROM (VALUES ('user_id', 'Number of the person in GetCourse (mirror.users.id).'), ('currency', 'Currency; ? when the export names none.'),
                ('counts_person', 'True in one row of each person, so that people add up over currencies.'), ('orders', 'Paid orders that are counted.'), ('paid_amount', 'What was paid for them.'),
                ('first_money_on', 'Day of the first money; empty: no order has a date.'), ('last_money_on', 'Day of the last money; empty: no order has a date.')) v(name, words) LOOP
        EXECUTE format('COMMENT ON COLUMN report.fact_buyers.%I IS %L', c.name, c.words);
        EXECUTE format('COMMENT ON COLUMN report.buyers.%I IS %L', c.name, c.words);
    END LOOP;
END $$;
COMMENT ON VIEW report.buyers IS 'People who have paid, one row per person and currency.';

-- Rows first: an index built over a first load's rows costs a third of one that grew with them. Readers are not kept waiting by it.
CREATE FUNCTION report.index_facts() RETURNS void LANGUAGE plpgsql SET maintenance_work_mem = '128MB' AS $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT * FROM (VALUES
        ('fact_orders_created_on', 'fact_orders (created_on)'), ('fact_orders_paid_on', 'fact_orders (paid_on) WHERE is_paid'), ('fact_orders_money_on', 'fact_orders (money_on) WHERE is_paid AND counted'),
        ('fact_orders_first', 'fact_orders (user_id) INCLUDE (money_on) WHERE buyer_kind = ''new'''), ('fact_orders_buyer', 'fact_orders (user_id) WHERE is_paid AND counted'),
        -- what stands under every report of money, what is set apart and what has no date, is few rows
        ('fact_orders_apart', 'fact_orders (created_on) WHERE NOT counted'), ('fact_orders_no_money_on', 'fact_orders (created_on) WHERE counted AND paid_amount <> 0 AND money_on IS NULL'),
        ('fact_orders_no_paid_on', 'fact_orders (created_on) WHERE counted AND paid_amount <> 0 AND paid_on IS NULL'),
        ('fact_payments_day', 'fact_payments (day)'), ('fact_payments_apart_of', 'fact_payments (user_id) WHERE set_apart IS NOT NULL'),
        ('fact_payments_apart', 'fact_payments (day) WHERE NOT counted OR kind <> ALL (''{received,returned}'')')) v(name, what) LOOP
        IF to_regclass('report.' || k.name) IS NULL THEN EXECUTE format('CREATE INDEX %I ON report.%s', k.name, k.what); END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION report.index_facts() IS 'Makes the indexes of the facts that are missing; part of report.refresh_facts().';

CREATE OR REPLACE FUNCTION report.refresh_facts(run bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql SET jit = off SET default_statistics_target = 20 SET work_mem = '64MB' AS $$
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
    IF whole THEN
        DELETE FROM report.fact_buyers;
    ELSE
        DELETE FROM report.fact_buyers WHERE user_id IN (SELECT d.user_id FROM mirror.deals d JOIN pg_temp.touched_orders t ON t.order_id = d.id UNION SELECT f.user_id FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id);
    END IF;
    orders_written := report.put_order_facts(report.order_facts_sql(deal_rows, money_rows, numbers, 'report.fact_excluded', false));
    IF whole THEN ANALYZE report.fact_orders, report.fact_excluded; END IF;
    -- all orders of a person are touched together
    EXECUTE 'INSERT INTO report.fact_buyers ' || report.buyers_sql(CASE WHEN whole THEN 'report.fact_orders'
        ELSE '(SELECT f.* FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id) f' END);
    payments_written := report.put_payment_facts(report.payment_facts_sql(payment_rows, numbers, 'report.fact_orders', emails, 'report.fact_excluded'));
    IF whole THEN
        ANALYZE report.fact_payments, report.fact_buyers;
        IF orders_written + payments_written > 0 THEN PERFORM report.index_facts(); END IF;
    END IF;
    UPDATE report.fact_state f SET stale = false, rebuild = false, stale_in = NULL, made_at = clock_timestamp(),
        first_day = CASE WHEN whole THEN report.first_day_of(NULL) ELSE least(f.first_day, report.first_day_of(run)) END,
        orders = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_orders) ELSE f.orders + orders_written END,
        payments = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_payments) ELSE f.payments + payments_written END;
    RETURN format('%s: %s orders, %s payments written', CASE WHEN whole THEN 'all facts' ELSE 'touched facts' END, orders_written, payments_written);
END $$;

-- Each side is summed by its day before the sides are laid together: a row of a side costs its own sums, not those of every side.
CREATE OR REPLACE VIEW report.revenue_by_day AS
SELECT day, currency, sum(payments)::bigint AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net, sum(paid_on_payment_date) AS paid_on_payment_date,
       sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date, sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid,
       (SELECT zone FROM report.clock) AS zone
FROM (
    SELECT day, currency, count(*) FILTER (WHERE counted AND kind = 'received') AS payments, coalesce(sum(amount) FILTER (WHERE counted AND kind = 'received'), 0.00) AS received,
           coalesce(sum(abs(amount)) FILTER (WHERE counted AND kind = 'returned'), 0.00) AS returned, coalesce(sum(net) FILTER (WHERE counted), 0.00) AS net,
           0.00 AS paid_on_payment_date, 0.00 AS paid_on_creation_date, 0.00 AS won_on_creation_date, coalesce(sum(net) FILTER (WHERE NOT counted), 0.00) AS set_apart_net, 0.00 AS set_apart_paid
    FROM report.payments WHERE kind IN ('received', 'returned') GROUP BY day, currency
    UNION ALL
    SELECT paid_on, currency, 0, 0.00, 0.00, 0.00, coalesce(sum(paid_amount) FILTER (WHERE counted), 0.00), 0.00, 0.00, 0.00, coalesce(sum(paid_amount) FILTER (WHERE NOT counted), 0.00)
    FROM report.orders WHERE is_paid GROUP BY paid_on, currency
    UNION ALL
    SELECT created_on, currency, 0, 0.00, 0.00, 0.00, 0.00, coalesce(sum(paid_amount), 0.00), coalesce(sum(cost) FILTER (WHERE is_won), 0.00), 0.00, 0.00
    FROM report.orders WHERE counted AND (is_paid OR is_won) GROUP BY created_on, currency
) sides GROUP BY day, currency;
CREATE OR REPLACE VIEW report.sales_by_product AS
SELECT day, product, currency, sum(orders)::bigint AS orders, sum(paid_orders)::bigint AS paid_orders, sum(won_orders)::bigint AS won_orders, sum(paid_amount) AS paid_amount,
       sum(received) AS received, sum(returned) AS returned, sum(net) AS net
FROM (
    SELECT created_on AS day, product, currency, count(*) AS orders, count(*) FILTER (WHERE is_paid) AS paid_orders, count(*) FILTER (WHERE is_won) AS won_orders,
           coalesce(sum(paid_amount), 0.00) AS paid_amount, 0.00 AS received, 0.00 AS returned, 0.00 AS net
    FROM report.orders WHERE counted GROUP BY created_on, product, currency
    UNION ALL
    SELECT day, product, currency, 0, 0, 0, 0.00, coalesce(sum(amount) FILTER (WHERE kind = 'received'), 0.00), coalesce(sum(abs(amount)) FILTER (WHERE kind = 'returned'), 0.00), coalesce(sum(net), 0.00)
    FROM report.payments WHERE counted AND kind IN ('received', 'returned') GROUP BY day, product, currency
) sides GROUP BY day, product, currency;
CREATE OR REPLACE VIEW report.sales_by_manager AS
SELECT day, manager, department, currency, sum(orders)::bigint AS orders, sum(paid_orders)::bigint AS paid_orders, sum(won_orders)::bigint AS won_orders, sum(paid_amount) AS paid_amount,
       sum(received) AS received, sum(returned) AS returned, sum(net) AS net
FROM (
    SELECT created_on AS day, manager, department, currency, count(*) AS orders, count(*) FILTER (WHERE is_paid) AS paid_orders, count(*) FILTER (WHERE is_won) AS won_orders,
           coalesce(sum(paid_amount), 0.00) AS paid_amount, 0.00 AS received, 0.00 AS returned, 0.00 AS net
    FROM report.orders WHERE counted GROUP BY created_on, manager, department, currency
    UNION ALL
    SELECT day, manager, department, currency, 0, 0, 0, 0.00, coalesce(sum(amount) FILTER (WHERE kind = 'received'), 0.00), coalesce(sum(abs(amount)) FILTER (WHERE kind = 'returned'), 0.00), coalesce(sum(net), 0.00)
    FROM report.payments WHERE counted AND kind IN ('received', 'returned') GROUP BY day, manager, department, currency
) sides GROUP BY day, manager, department, currency;
CREATE OR REPLACE VIEW report.sales_by_order_channel AS
SELECT day, utm_source, utm_medium, utm_campaign, currency, sum(orders)::bigint AS orders, sum(paid_orders)::bigint AS paid_orders, sum(paid_amount) AS paid_amount, sum(net) AS net
FROM (
    SELECT created_on AS day, utm_source, utm_medium, utm_campaign, currency, count(*) AS orders, count(*) FILTER (WHERE is_paid) AS paid_orders, coalesce(sum(paid_amount), 0.00) AS paid_amount, 0.00 AS net
    FROM report.orders WHERE counted GROUP BY created_on, utm_source, utm_medium, utm_campaign, currency
    UNION ALL
    SELECT day, utm_source, utm_medium, utm_campaign, currency, 0, 0, 0.00, coalesce(sum(net), 0.00)
    FROM report.payments WHERE counted AND kind IN ('received', 'returned') GROUP BY day, utm_source, utm_medium, utm_campaign, currency
) sides GROUP BY day, utm_source, utm_medium, utm_campaign, currency;
CREATE OR REPLACE VIEW report.sales_by_person_channel AS
SELECT day, utm_source, utm_medium, utm_campaign, currency, sum(orders)::bigint AS orders, sum(paid_orders)::bigint AS paid_orders, sum(paid_amount) AS paid_amount, sum(net) AS net
FROM (
    SELECT created_on AS day, person_utm_source AS utm_source, person_utm_medium AS utm_medium, person_utm_campaign AS utm_campaign, currency,
           count(*) AS orders, count(*) FILTER (WHERE is_paid) AS paid_orders, coalesce(sum(paid_amount), 0.00) AS paid_amount, 0.00 AS net
    FROM report.orders WHERE counted GROUP BY created_on, person_utm_source, person_utm_medium, person_utm_campaign, currency
    UNION ALL
    SELECT day, person_utm_source, person_utm_medium, person_utm_campaign, currency, 0, 0, 0.00, coalesce(sum(net), 0.00)
    FROM report.payments WHERE counted AND kind IN ('received', 'returned') GROUP BY day, person_utm_source, person_utm_medium, person_utm_campaign, currency
) sides GROUP BY day, utm_source, utm_medium, utm_campaign, currency;
CREATE OR REPLACE VIEW report.advertising_return AS
SELECT month, utm_source, utm_campaign, currency, sum(expense) AS expense, sum(orders)::bigint AS orders, sum(paid_amount) AS paid_amount, sum(net) AS net, sum(net) - sum(expense) AS profit
FROM (
    SELECT date_trunc('month', day::timestamptz)::date AS month, utm_source, utm_campaign, currency, amount AS expense, 0 AS orders, 0.00 AS paid_amount, 0.00 AS net FROM report.ad_expenses
    UNION ALL
    SELECT date_trunc('month', day::timestamptz)::date, utm_source, utm_campaign, currency, 0.00, orders, paid_amount, net FROM report.sales_by_order_channel
) both_sides GROUP BY month, utm_source, utm_campaign, currency;
CREATE OR REPLACE VIEW report.manager_plan_and_fact AS
SELECT month, manager, currency, sum(orders)::bigint AS orders, sum(paid_orders)::bigint AS paid_orders, sum(net) AS net, sum(plan) AS plan
FROM (
    SELECT date_trunc('month', day::timestamptz)::date AS month, manager, currency, orders, paid_orders, net, 0.00 AS plan FROM report.sales_by_manager
    UNION ALL
    SELECT month, manager, currency, 0, 0, 0, amount FROM report.manager_plans
) both_sides GROUP BY month, manager, currency;

-- Places within a currency are sorted byte by byte: which currency comes first does not matter, and the rules of a language cost five times as much.
CREATE VIEW report.rfm_scores AS
SELECT user_id, currency, last_money_on, recency_days, orders, paid_amount, r_score, f_score, m_score,
       CASE WHEN last_money_on IS NULL THEN 'without a date' WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'champion' WHEN r_score >= 4 AND f_score >= 4 THEN 'loyal' WHEN r_score >= 4 THEN 'recent'
            WHEN r_score <= 2 AND (f_score >= 4 OR m_score >= 4) THEN 'sleeping' WHEN r_score <= 2 THEN 'lost' ELSE 'middle' END AS segment
FROM (
    SELECT b.*, (SELECT today FROM report.clock) - last_money_on AS recency_days,
           least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency COLLATE "C" ORDER BY last_money_on NULLS FIRST)))::integer AS r_score,
           least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency COLLATE "C" ORDER BY orders)))::integer AS f_score,
           least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency COLLATE "C" ORDER BY paid_amount)))::integer AS m_score
    FROM (SELECT user_id, currency, last_money_on, orders, paid_amount FROM report.buyers) b
) r;
COMMENT ON VIEW report.rfm_scores IS 'report.rfm without who they are: quicker, where only the segments are asked.';
DO $$
DECLARE
    c text;
BEGIN
    FOREACH c IN ARRAY ARRAY['user_id', 'currency', 'last_money_on', 'recency_days', 'orders', 'paid_amount', 'r_score', 'f_score', 'm_score', 'segment'] LOOP
        EXECUTE format('COMMENT ON COLUMN report.rfm_scores.%I IS %L', c, (SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'report.rfm'::regclass AND attname = c));
    END LOOP;
END $$;
CREATE OR REPLACE VIEW report.rfm AS
SELECT s.user_id, p.person_name, p.email, p.phone, s.currency, s.last_money_on, s.recency_days, s.orders, s.paid_amount, s.r_score, s.f_score, s.m_score, s.segment
FROM report.rfm_scores s LEFT JOIN report.people p ON p.user_id = s.user_id;

CREATE OR REPLACE VIEW report.geography AS
SELECT p.country, p.city, coalesce(b.currency, '') AS currency, count(*) FILTER (WHERE b.counts_person IS NOT FALSE) AS people, count(*) FILTER (WHERE b.counts_person) AS buyers,
       coalesce(sum(b.orders), 0)::bigint AS paid_orders, coalesce(sum(b.paid_amount), 0.00) AS paid_amount
FROM report.people p LEFT JOIN report.buyers b ON b.user_id = p.user_id
WHERE p.counted GROUP BY p.country, p.city, b.currency;
CREATE OR REPLACE VIEW report.age_bands AS
SELECT p.age_band, coalesce(b.currency, '') AS currency, count(*) FILTER (WHERE b.counts_person IS NOT FALSE) AS people, count(*) FILTER (WHERE b.counts_person) AS buyers,
       coalesce(sum(b.orders), 0)::bigint AS paid_orders, coalesce(sum(b.paid_amount), 0.00) AS paid_amount
FROM report.people p LEFT JOIN report.buyers b ON b.user_id = p.user_id
WHERE p.counted GROUP BY p.age_band, b.currency;
CREATE OR REPLACE VIEW report.cohorts AS
WITH active AS (
    SELECT date_trunc('month', b.first_money_on)::date AS cohort, o.currency, date_trunc('month', o.money_on)::date AS month, o.user_id, count(*) AS orders, sum(o.paid_amount) AS paid_amount
    FROM report.paid_orders o JOIN report.buyers b ON b.user_id = o.user_id AND b.currency = o.currency GROUP BY 1, 2, 3, 4
), months AS (SELECT cohort, currency, month, count(*) AS active_buyers, sum(orders)::bigint AS orders, sum(paid_amount) AS paid_amount FROM active GROUP BY cohort, currency, month),
sizes AS (SELECT date_trunc('month', first_money_on)::date AS cohort, currency, count(*) AS cohort_buyers FROM report.buyers GROUP BY 1, 2)
SELECT m.cohort, m.currency, (extract(year FROM m.month)::integer - extract(year FROM m.cohort)::integer) * 12 + extract(month FROM m.month)::integer - extract(month FROM m.cohort)::integer AS month_no,
       s.cohort_buyers, m.active_buyers, m.orders, m.paid_amount
FROM months m JOIN sizes s ON s.currency = m.currency AND s.cohort IS NOT DISTINCT FROM m.cohort;

CREATE OR REPLACE VIEW report.data_quality AS
WITH o AS (
    SELECT count(*) FILTER (WHERE counted) AS counted, count(*) FILTER (WHERE counted AND channel = '(none)') AS no_utm, count(*) FILTER (WHERE counted AND manager = '(none)') AS no_manager,
           count(*) FILTER (WHERE counted AND NOT has_phone) AS no_phone, count(*) FILTER (WHERE counted AND is_paid) AS paid, count(*) FILTER (WHERE counted AND is_paid AND paid_on IS NULL) AS no_paid_on,
           count(*) FILTER (WHERE counted AND is_paid AND coalesce(received, 0) = 0) AS no_payments, count(*) FILTER (WHERE status_code IS NULL AND set_apart IS DISTINCT FROM 'vanished') AS no_status,
           count(*) FILTER (WHERE currency = '?' AND set_apart IS DISTINCT FROM 'vanished') AS no_currency, count(*) FILTER (WHERE set_apart IS DISTINCT FROM 'vanished') AS present,
           count(*) FILTER (WHERE set_apart = 'vanished') AS vanished, count(*) AS orders
    FROM report.orders
), p AS (
    SELECT count(*) FILTER (WHERE order_id IS NULL AND set_apart IS DISTINCT FROM 'vanished') AS no_order, count(*) FILTER (WHERE set_apart IS DISTINCT FROM 'vanished') AS present,
           count(*) FILTER (WHERE set_apart = 'vanished') AS vanished, count(*) FILTER (WHERE kind = 'other' AND set_apart IS DISTINCT FROM 'vanished') AS no_status, count(*) AS payments
    FROM report.payments
), twice AS (SELECT count(*) AS known, count(*) FILTER (WHERE orders > 1) AS numbers FROM (SELECT count(*) AS orders FROM history.deals_at WHERE number IS NOT NULL GROUP BY number) n),
d AS (SELECT coalesce(sum(people), 0)::bigint AS people FROM (SELECT count(*) AS people FROM history.users_at WHERE coalesce(phone_key, '') <> '' GROUP BY phone_key HAVING count(*) > 1) n),
m AS (SELECT count(*) FILTER (WHERE NOT marked) AS once, count(*) FILTER (WHERE marked AND table_name = 'users') AS people FROM journal.missing_now)
SELECT c.check_name, c.found, c.of_total, c.meaning
FROM o, p, twice, d, m, LATERAL (VALUES
    (1, 'orders without utm', o.no_utm, o.counted, 'cannot be credited to a channel'),
    (2, 'orders without a manager', o.no_manager, o.counted, 'nobody answers for them'),
    (3, 'orders without a phone', o.no_phone, o.counted, 'the buyer cannot be called'),
    (4, 'paid orders without a payment date', o.no_paid_on, o.paid, 'missing in revenue by payment date; see paid_on_payment_date without a day'),
    (5, 'paid orders without payments', o.no_payments, o.paid, 'money that the payments do not know'),
    (6, 'orders of unknown status', o.no_status, o.present, 'a label that is not in the vocabulary'),
    (7, 'orders of unknown currency', o.no_currency, o.present, 'counted under ?'),
    (8, 'payments without an order', p.no_order, p.present, 'their number is no order of the mirror'),
    (9, 'order numbers used twice', twice.numbers, twice.known, 'their payments are credited to the newest order'),
    (10, 'people sharing a phone', d.people, (SELECT count(*) FROM history.users_at), 'probably one person; see duplicate_people'),
    (11, 'orders that vanished', o.vanished, o.orders, 'two complete windows lacked them; set apart in all reports'),
    (12, 'payments that vanished', p.vanished, p.payments, 'two complete windows lacked them; set apart in all reports'),
    (13, 'cells and rows rejected', (SELECT count(*) FROM journal.reject WHERE closed_at IS NULL), (SELECT coalesce(sum(j.rows), 0)::bigint FROM journal.certificate j), 'kept in journal.reject with their text'),
    (14, 'payments of unknown status', p.no_status, p.present, 'set apart in all reports: whether they are money is not known'),
    (15, 'people that vanished', m.people, (SELECT count(*) FROM history.users_at), 'two complete windows lacked them'),
    (16, 'rows missing once', m.once, NULL, 'one complete window lacked them; counted as before until a second one does, see journal.missing_now'),
    (17, 'rows of refused bodies', (SELECT coalesce(sum(r.rows), 0)::bigint FROM journal.refused_now r), NULL, 'not in the tables; gcmirror export list names the bodies and why'),
    (18, 'values that do not fit their field', (SELECT coalesce(sum(f.misfits), 0)::bigint FROM mirror.custom_fields f), NULL, 'empty in the wide view, and text in a column beside it'))
    c(n, check_name, found, of_total, meaning)
ORDER BY c.n;

-- And how buyers join.
CREATE OR REPLACE VIEW mirror.relations AS
SELECT * FROM (VALUES
    ('report', 'orders', 'user_id', 'report', 'people', 'user_id', 'buyer'), ('report', 'orders', 'product', 'report', 'dim_product', 'product', 'product'),
    ('report', 'orders', 'manager', 'report', 'dim_manager', 'manager', 'manager'), ('report', 'orders', 'channel', 'report', 'dim_channel', 'channel', 'last touch'),
    ('report', 'orders', 'created_on', 'report', 'dim_date', 'day', 'day of creation'),
    ('report', 'payments', 'order_id', 'report', 'orders', 'order_id', 'order paid'), ('report', 'payments', 'user_id', 'report', 'people', 'user_id', 'payer'),
    ('report', 'payments', 'day', 'report', 'dim_date', 'day', 'day of the payment'),
    ('report', 'paid_orders', 'order_id', 'report', 'orders', 'order_id', 'the same order'), ('report', 'debts', 'order_id', 'report', 'orders', 'order_id', 'order owed'),
    ('report', 'order_tags', 'order_id', 'report', 'orders', 'order_id', 'order tagged'), ('report', 'order_offer_tags', 'order_id', 'report', 'orders', 'order_id', 'order of the offer'),
    ('report', 'buyers', 'user_id', 'report', 'people', 'user_id', 'who pays'),
    ('report', 'people', 'registered_on', 'report', 'dim_date', 'day', 'day of registration'),
    ('mirror', 'deals', 'user_id', 'mirror', 'users', 'id', 'buyer'), ('mirror', 'memberships', 'user_id', 'mirror', 'users', 'id', 'member'),
    ('mirror', 'memberships', 'group_id', 'mirror', 'groups', 'id', 'group'))
    r(from_schema, from_table, from_column, to_schema, to_table, to_column, role);
SELECT report.publish_masked(), report.grant_roles(), report.refresh_facts();
