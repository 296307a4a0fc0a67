-- report: facts of a first load. Its rows have no statistics yet, and a plan that takes "not missing" for one row in 200 compares every order with every
-- payment. What grew is looked at before it is joined, and where nothing or most is known the rows touched are not looked for first.
CREATE INDEX ON mirror.memberships USING brin (run_id) WITH (pages_per_range = 32);   -- the earliest day of a run's rows, without reading all
DROP INDEX report.fact_orders_user_id_idx;   -- nobody asks for it

-- Whom an exclusion may concern is seen at a glance; which one it is, is looked for in those only. New or returning needs three columns, not a sort of all.
CREATE OR REPLACE FUNCTION report.order_facts_sql(deals text, payments text, numbers text, excluded text) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
SELECT format($s$
WITH f AS MATERIALIZED (
    SELECT d.id AS order_id, d.number AS order_number, d.user_id, d.user_name AS person_name, d.email, d.phone,
           (d.created_at AT TIME ZONE z.zone)::date AS created_on, (d.paid_at AT TIME ZONE z.zone)::date AS paid_on, d.created_at, d.paid_at,
           coalesce(nullif(btrim(d.content), ''), '(no title)') AS product, d.status, d.status_code,
           d.cost, d.paid_amount, coalesce(nullif(d.currency, ''), '?') AS currency, d.payment_system_fee, d.tax, d.other_fees, d.earned,
           coalesce(nullif(btrim(split_part(d.manager, ' / ', 1)), ''), '(none)') AS manager, coalesce(btrim(split_part(d.manager, ' / ', 2)), '') AS department,
           coalesce(d.utm_source, '') AS utm_source, coalesce(d.utm_medium, '') AS utm_medium, coalesce(d.utm_campaign, '') AS utm_campaign,
           coalesce(d.user_utm_source, '') AS person_utm_source, coalesce(d.user_utm_medium, '') AS person_utm_medium, coalesce(d.user_utm_campaign, '') AS person_utm_campaign,
           coalesce(nullif(concat_ws(' / ', nullif(d.utm_source, ''), nullif(d.utm_medium, ''), nullif(d.utm_campaign, '')), ''), '(none)') AS channel,
           coalesce(nullif(d.payment_system, ''), '(none)') AS payment_system, coalesce(d.promo_code, '') AS promo_code, coalesce(d.promotion, '') AS promotion,
           d.order_partner_id, d.order_partner_email, d.order_partner_name, d.user_partner_id, d.user_partner_email, d.user_partner_name,
           d.city, coalesce(d.tags, '{}') AS tags, coalesce(d.offer_tags, '{}') AS offer_tags,
           coalesce(d.status_code = 'payed' OR (d.status_code = 'part_payed' AND z.part_payed_is_won), false) AS is_won,
           coalesce(d.paid_amount > 0, false) AS is_paid, a.set_apart, a.set_apart IS NULL AS counted,
           m.received, m.returned, m.expected, coalesce(m.payments, 0) AS payments, coalesce(m.all_payments, 0) AS all_payments, m.first_received_on, m.last_received_on,
           coalesce(m.first_received_on, (d.paid_at AT TIME ZONE z.zone)::date) AS money_on,
           CASE WHEN m.first_received_on IS NOT NULL THEN 'payment' WHEN d.paid_at IS NOT NULL THEN 'payment date' ELSE 'none' END AS money_on_from,
           d.run_id, d.export_id
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
SELECT f.*, CASE WHEN NOT (f.is_paid AND f.counted) THEN NULL WHEN f.user_id IS NULL THEN 'unknown' WHEN b.order_id IS NOT NULL THEN 'new' ELSE 'returning' END AS buyer_kind
FROM f LEFT JOIN (SELECT DISTINCT ON (user_id) order_id FROM f WHERE is_paid AND counted AND user_id IS NOT NULL ORDER BY user_id, money_on, order_id) b ON b.order_id = f.order_id
$s$, deals, payments, numbers, excluded)
$f$;
DO $$
DECLARE
    numbers constant text := '(SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number)';
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW history.order_facts AS' || report.order_facts_sql('history.deals_at', 'history.payments_at', numbers, 'report.excluded_people');
END $$;
CREATE OR REPLACE FUNCTION report.put_order_facts(source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    proposed text;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum) INTO columns, proposed
    FROM pg_attribute WHERE attrelid = 'report.fact_orders'::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('INSERT INTO report.fact_orders AS t (%1$s) SELECT %1$s FROM (%2$s) made', columns, source)
            || CASE WHEN EXISTS (SELECT FROM report.fact_orders) THEN format(' ON CONFLICT (order_id) DO UPDATE SET (%1$s) = ROW (%2$s) WHERE t IS DISTINCT FROM excluded', columns, proposed) ELSE '' END;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
COMMENT ON FUNCTION report.put_order_facts(text) IS 'Writes order facts that differ; part of report.refresh_facts().';
CREATE OR REPLACE FUNCTION report.put_payment_facts(source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    proposed text;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum) INTO columns, proposed
    FROM pg_attribute WHERE attrelid = 'report.fact_payments'::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('INSERT INTO report.fact_payments AS t (%1$s) SELECT %1$s FROM (%2$s) made', columns, source)
            || CASE WHEN EXISTS (SELECT FROM report.fact_payments) THEN format(' ON CONFLICT (payment_number) DO UPDATE SET (%1$s) = ROW (%2$s) WHERE t IS DISTINCT FROM excluded', columns, proposed) ELSE '' END;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
COMMENT ON FUNCTION report.put_payment_facts(text) IS 'Writes payment facts that differ; part of report.refresh_facts().';

CREATE FUNCTION report.look_at_grown() RETURNS void LANGUAGE plpgsql SET default_statistics_target = 20 AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT c.oid::regclass AS name, k.columns FROM (VALUES ('mirror.deals', 'id, number, user_id, run_id, missing_since, status_code'),
                    ('mirror.payments', 'number, deal_number, email_key, run_id, missing_since, status_code'), ('mirror.users', 'id, email_key, run_id, missing_since')) k(name, columns)
             JOIN pg_class c ON c.oid = k.name::regclass
             WHERE pg_relation_size(c.oid) / current_setting('block_size')::bigint > 2 * c.relpages
                OR NOT EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = 'mirror' AND s.tablename = c.relname AND s.attname = 'missing_since') LOOP
        EXECUTE format('ANALYZE %s (%s)', t.name, t.columns);
    END LOOP;
END $$;
COMMENT ON FUNCTION report.look_at_grown() IS 'Statistics of the columns that facts join by, for tables of twice the size they had; part of report.refresh_facts().';

CREATE FUNCTION report.first_day_of(run bigint) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT least((least((SELECT min(created_at) FROM mirror.users), (SELECT min(created_at) FROM mirror.deals), (SELECT min(created_at) FROM mirror.payments), m.joined_at)
                  AT TIME ZONE (SELECT time_zone FROM report.settings))::date,
                 m.joined_on, (SELECT min(paid_on) FROM report.fact_orders WHERE is_paid))
    FROM (SELECT min(joined_at) AS joined_at, min(joined_on) AS joined_on FROM mirror.memberships WHERE run IS NULL OR run_id = run) m
$$;
COMMENT ON FUNCTION report.first_day_of(bigint) IS 'Earliest day of any fact: registration, order, payment, membership; of memberships those of a run, NULL: all.';

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
COMMENT ON FUNCTION report.refresh_facts(bigint) IS 'Brings the facts up to the rows: those a run touched, in its own transaction; without a run all of them.';
