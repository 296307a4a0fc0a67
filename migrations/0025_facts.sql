-- report: facts, written in the load's own transaction for the rows it wrote. Days of the account's zone, dimensions and money joined once; the
-- published views read them. What the facts may not answer (gcmirror.as_of, rows changed by other hands) the rows themselves answer: slower, never other.
CREATE INDEX ON mirror.deals (run_id);
CREATE INDEX ON mirror.payments (run_id);
CREATE INDEX ON mirror.users (run_id);
CREATE INDEX ON mirror.payments (email_key);

CREATE VIEW history.beginning AS SELECT min(as_of) AS moment FROM journal.coverage;
COMMENT ON VIEW history.beginning IS 'Since when the mirror knows the school: the state of its first load.';
COMMENT ON COLUMN history.beginning.moment IS 'State of the first load; NULL: nothing has been loaded.';
CREATE FUNCTION history.known(moment timestamptz, begins timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF moment < begins THEN
        RAISE 'gcmirror.as_of is %, and history begins at %', moment, begins USING ERRCODE = 'datetime_field_overflow', HINT = 'Ask for a later moment, or RESET gcmirror.as_of.';
    END IF;
    RETURN moment;
END $$;
COMMENT ON FUNCTION history.known(timestamptz, timestamptz) IS 'The moment asked for; an error when it lies before history begins: nothing is known then, which is not zero.';

CREATE TABLE report.fact_state (
    id        boolean PRIMARY KEY DEFAULT true CHECK (id),
    stale     boolean NOT NULL DEFAULT true,
    rebuild   boolean NOT NULL DEFAULT true,
    stale_in  bigint,
    made_at   timestamptz,
    orders    bigint NOT NULL DEFAULT 0,
    payments  bigint NOT NULL DEFAULT 0,
    first_day date
);
INSERT INTO report.fact_state DEFAULT VALUES;
CREATE TABLE report.fact_excluded (user_id bigint PRIMARY KEY, reason text NOT NULL);
CREATE TABLE report.fact_orders (
    order_id bigint PRIMARY KEY, order_number text, user_id bigint, created_on date, paid_on date, created_at timestamptz, paid_at timestamptz,
    product text, status text, status_code text, cost numeric(18,2), paid_amount numeric(18,2), currency text,
    payment_system_fee numeric(18,2), tax numeric(18,2), other_fees numeric(18,2), earned numeric(18,2), manager text, department text,
    utm_source text, utm_medium text, utm_campaign text, person_utm_source text, person_utm_medium text, person_utm_campaign text,
    channel text, payment_system text, promo_code text, promotion text, is_won boolean, is_paid boolean, set_apart text, counted boolean,
    received numeric, returned numeric, expected numeric, payments bigint, all_payments bigint, first_received_on date, last_received_on date,
    money_on date, money_on_from text, buyer_kind text, run_id bigint, export_id bigint
);
CREATE INDEX ON report.fact_orders (created_on);
CREATE INDEX ON report.fact_orders (paid_on) WHERE is_paid;
CREATE INDEX ON report.fact_orders (money_on) WHERE is_paid AND counted;
CREATE INDEX ON report.fact_orders (user_id);
CREATE TABLE report.fact_payments (
    payment_number text PRIMARY KEY, deal_number text, day date, created_at timestamptz, status text, status_code text, kind text,
    amount numeric(18,2), net numeric, currency text, fee numeric(18,2), type text, order_id bigint, user_id bigint, matched_by text,
    product text, manager text, department text, utm_source text, utm_medium text, utm_campaign text,
    person_utm_source text, person_utm_medium text, person_utm_campaign text, channel text, payment_system text,
    set_apart text, counted boolean, run_id bigint, export_id bigint
);
CREATE INDEX ON report.fact_payments (day);
CREATE INDEX ON report.fact_payments (user_id) WHERE set_apart IS NOT NULL;

-- One text, two uses: a view over all rows, and a function over the rows a load touched.
CREATE FUNCTION report.order_facts_sql(deals text, payments text, numbers text, excluded text) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
SELECT format($s$
SELECT f.*, CASE WHEN NOT (f.is_paid AND f.counted) THEN NULL WHEN f.user_id IS NULL THEN 'unknown'
                 WHEN row_number() OVER (PARTITION BY f.user_id, f.is_paid AND f.counted ORDER BY f.money_on, f.order_id) = 1 THEN 'new' ELSE 'returning' END AS buyer_kind
FROM (
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
    LEFT JOIN LATERAL (
        SELECT min(kind || ' ' || value) AS reason FROM report.exclusions
        WHERE (kind = 'tag' AND value = ANY (d.tags)) OR (kind = 'product' AND d.content ILIKE value) OR (kind = 'manager' AND d.manager ILIKE value)
           OR (kind = 'email' AND lower(value) = d.email_key) OR (kind = 'email_domain' AND lower(value) = split_part(d.email_key, '@', 2))
    ) e ON EXISTS (SELECT FROM report.exclusions)
    CROSS JOIN LATERAL (SELECT CASE WHEN d.missing_since IS NOT NULL THEN 'vanished' WHEN x.reason IS NOT NULL THEN 'excluded: ' || x.reason
                                    WHEN e.reason IS NOT NULL THEN 'excluded: ' || e.reason WHEN d.status_code = 'false' THEN 'false'
                                    WHEN coalesce(d.cost, 0) = 0 AND coalesce(d.paid_amount, 0) = 0 THEN 'free' END AS set_apart) a
    LEFT JOIN (
        SELECT n.order_id, sum(p.amount) FILTER (WHERE p.status_code = 'accepted') AS received, sum(abs(p.amount)) FILTER (WHERE p.status_code = 'returned') AS returned,
               sum(p.amount) FILTER (WHERE p.status_code = 'expected') AS expected,
               (min(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS first_received_on,
               (max(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS last_received_on,
               count(*) FILTER (WHERE p.status_code = 'accepted') AS payments, count(*) AS all_payments
        FROM %2$s p JOIN %3$s n ON n.number = p.deal_number WHERE p.missing_since IS NULL GROUP BY n.order_id
    ) m ON m.order_id = d.id
) f
$s$, deals, payments, numbers, excluded)
$f$;
COMMENT ON FUNCTION report.order_facts_sql(text, text, text, text) IS 'How an order becomes a fact, over the rows named; used by history.order_facts and report.refresh_facts().';

CREATE FUNCTION report.payment_facts_sql(payments text, numbers text, orders text, emails text, excluded text) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
SELECT format($s$
SELECT p.number AS payment_number, p.deal_number, (p.created_at AT TIME ZONE z.zone)::date AS day, p.created_at, p.status, p.status_code, k.kind,
       p.amount, CASE p.status_code WHEN 'accepted' THEN p.amount WHEN 'returned' THEN -abs(p.amount) ELSE 0.00 END AS net,
       coalesce(nullif(p.currency, ''), o.currency, '?') AS currency, p.fee, p.type, n.order_id, coalesce(o.user_id, u.user_id) AS user_id,
       CASE WHEN o.user_id IS NOT NULL THEN 'order' WHEN u.user_id IS NOT NULL THEN 'email' ELSE '' END AS matched_by,
       coalesce(o.product, '(no order)') AS product, coalesce(o.manager, '(none)') AS manager, coalesce(o.department, '') AS department,
       coalesce(o.utm_source, '') AS utm_source, coalesce(o.utm_medium, '') AS utm_medium, coalesce(o.utm_campaign, '') AS utm_campaign,
       coalesce(o.person_utm_source, '') AS person_utm_source, coalesce(o.person_utm_medium, '') AS person_utm_medium, coalesce(o.person_utm_campaign, '') AS person_utm_campaign,
       coalesce(o.channel, '(none)') AS channel, coalesce(o.payment_system, '(none)') AS payment_system, p.user_name AS person_name, p.email,
       a.set_apart, a.set_apart IS NULL AS counted, p.run_id, p.export_id
FROM %1$s p
CROSS JOIN (SELECT time_zone AS zone FROM report.settings LIMIT 1) z
LEFT JOIN %2$s n ON n.number = p.deal_number
LEFT JOIN %3$s o ON o.order_id = n.order_id
LEFT JOIN %4$s u ON u.email_key = p.email_key
LEFT JOIN %5$s x ON x.user_id = coalesce(o.user_id, u.user_id)
CROSS JOIN LATERAL (SELECT CASE p.status_code WHEN 'accepted' THEN 'received' WHEN 'returned' THEN 'returned' WHEN 'expected' THEN 'expected'
                           WHEN 'tobalance' THEN 'balance' WHEN 'frombalance' THEN 'balance' WHEN 'returned_to_balance' THEN 'balance' ELSE 'other' END AS kind) k
CROSS JOIN LATERAL (SELECT CASE WHEN p.missing_since IS NOT NULL THEN 'vanished' WHEN o.set_apart LIKE 'excluded:%%' OR o.set_apart = 'false' THEN o.set_apart
                                WHEN x.reason IS NOT NULL THEN 'excluded: ' || x.reason WHEN k.kind = 'other' THEN 'unknown status' END AS set_apart) a
$s$, payments, numbers, orders, emails, excluded)
$f$;
COMMENT ON FUNCTION report.payment_facts_sql(text, text, text, text, text) IS 'How a payment becomes a fact, over the rows named; used by history.payment_facts and report.refresh_facts().';

DO $$
DECLARE
    numbers constant text := '(SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number)';
BEGIN
    EXECUTE 'CREATE VIEW history.order_facts AS' || report.order_facts_sql('history.deals_at', 'history.payments_at', numbers, 'report.excluded_people');
    EXECUTE 'CREATE VIEW history.payment_facts AS' || report.payment_facts_sql('history.payments_at', numbers, 'history.order_facts',
        '(SELECT email_key, min(id) AS user_id FROM history.users_at WHERE email_key IS NOT NULL AND missing_since IS NULL GROUP BY email_key)', 'report.excluded_people');
END $$;
COMMENT ON VIEW history.order_facts IS 'Orders as facts, computed from the rows themselves, now or as of gcmirror.as_of; report.orders keeps the present ones ready.';
COMMENT ON VIEW history.payment_facts IS 'Payments as facts, computed from the rows themselves, now or as of gcmirror.as_of; report.payments keeps the present ones ready.';

-- Behind a function, so that a question the facts answer does not plan all this; with the owner's rights, as a view reads.
CREATE FUNCTION history.orders_then() RETURNS SETOF history.order_facts LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM history.order_facts;
END $$;
COMMENT ON FUNCTION history.orders_then() IS 'history.order_facts, read only when it is needed.';
CREATE FUNCTION history.payments_then() RETURNS SETOF history.payment_facts LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM history.payment_facts;
END $$;
COMMENT ON FUNCTION history.payments_then() IS 'history.payment_facts, read only when it is needed.';

-- Writes the facts anew that a run touched; without a run, or when other hands changed rows since, all of them.
CREATE FUNCTION report.put_order_facts(source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute WHERE attrelid = 'report.fact_orders'::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('INSERT INTO report.fact_orders AS t (%1$s) SELECT %1$s FROM (%2$s) made ON CONFLICT (order_id) DO UPDATE SET (%1$s) = ROW (%3$s) WHERE t IS DISTINCT FROM excluded',
                   columns, source, (SELECT string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'report.fact_orders'::regclass AND attnum > 0 AND NOT attisdropped));
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
COMMENT ON FUNCTION report.put_order_facts(text) IS 'Writes order facts that differ; part of report.refresh_facts().';
CREATE FUNCTION report.put_payment_facts(source text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    written bigint;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute WHERE attrelid = 'report.fact_payments'::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('INSERT INTO report.fact_payments AS t (%1$s) SELECT %1$s FROM (%2$s) made ON CONFLICT (payment_number) DO UPDATE SET (%1$s) = ROW (%3$s) WHERE t IS DISTINCT FROM excluded',
                   columns, source, (SELECT string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'report.fact_payments'::regclass AND attnum > 0 AND NOT attisdropped));
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
COMMENT ON FUNCTION report.put_payment_facts(text) IS 'Writes payment facts that differ; part of report.refresh_facts().';

CREATE FUNCTION report.touch(run bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS touched_people (user_id bigint PRIMARY KEY) ON COMMIT DROP;
    CREATE TEMP TABLE IF NOT EXISTS touched_numbers (number text PRIMARY KEY) ON COMMIT DROP;
    CREATE TEMP TABLE IF NOT EXISTS touched_orders (order_id bigint PRIMARY KEY) ON COMMIT DROP;
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
    SELECT id FROM mirror.deals WHERE run_id = run
    UNION SELECT d.id FROM mirror.deals d JOIN pg_temp.touched_numbers n ON n.number = d.number
    UNION SELECT d.id FROM mirror.deals d JOIN pg_temp.touched_people u ON u.user_id = d.user_id;
    ANALYZE pg_temp.touched_orders;
    -- new or returning is a matter of all orders of a person
    INSERT INTO pg_temp.touched_orders
    SELECT d.id FROM mirror.deals d JOIN (SELECT user_id FROM mirror.deals b JOIN pg_temp.touched_orders t ON t.order_id = b.id WHERE user_id IS NOT NULL
                                          UNION SELECT user_id FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id WHERE user_id IS NOT NULL) u ON u.user_id = d.user_id
    ON CONFLICT DO NOTHING;
    INSERT INTO pg_temp.touched_numbers SELECT DISTINCT d.number FROM mirror.deals d JOIN pg_temp.touched_orders t ON t.order_id = d.id WHERE d.number IS NOT NULL ON CONFLICT DO NOTHING;
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
COMMENT ON FUNCTION report.touch(bigint) IS 'Finds the orders and payments whose facts the rows of a run may change; part of report.refresh_facts().';

CREATE FUNCTION report.first_day() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT least((least((SELECT min(created_at) FROM mirror.users), (SELECT min(joined_at) FROM mirror.memberships), (SELECT min(created_at) FROM mirror.deals),
                        (SELECT min(created_at) FROM mirror.payments)) AT TIME ZONE (SELECT time_zone FROM report.settings))::date,
                 (SELECT min(joined_on) FROM mirror.memberships), (SELECT min(paid_on) FROM report.fact_orders WHERE is_paid))
$$;
COMMENT ON FUNCTION report.first_day() IS 'Earliest day of any fact: registration, membership, order, payment.';

CREATE FUNCTION report.refresh_facts(run bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
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
    whole := run IS NULL OR s.rebuild OR (s.stale AND s.stale_in IS DISTINCT FROM txid_current());
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
    -- a first load's rows have no statistics yet, and without them the plans are of another age
    IF whole AND EXISTS (SELECT FROM pg_class WHERE oid IN ('mirror.deals'::regclass, 'mirror.payments'::regclass, 'mirror.users'::regclass) AND reltuples < 1) THEN
        ANALYZE mirror.deals (id, number, user_id), mirror.payments (number, deal_number, email_key), mirror.users (id, email_key);
    END IF;
    orders_written := report.put_order_facts(report.order_facts_sql(deal_rows, money_rows, numbers, 'report.fact_excluded'));
    IF whole THEN ANALYZE report.fact_orders; END IF;
    payments_written := report.put_payment_facts(report.payment_facts_sql(payment_rows, numbers, 'report.fact_orders', emails, 'report.fact_excluded'));
    IF whole THEN
        ANALYZE report.fact_payments;
    END IF;
    UPDATE report.fact_state f SET stale = false, rebuild = false, stale_in = NULL, made_at = clock_timestamp(), first_day = report.first_day(),
        orders = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_orders) ELSE f.orders + orders_written END,
        payments = CASE WHEN whole THEN (SELECT count(*) FROM report.fact_payments) ELSE f.payments + payments_written END;
    RETURN format('%s: %s orders, %s payments written', CASE WHEN whole THEN 'all facts' ELSE 'touched facts' END, orders_written, payments_written);
END $$;
COMMENT ON FUNCTION report.refresh_facts(bigint) IS 'Brings the facts up to the rows: those a run touched, in its own transaction; without a run all of them.';

-- Whoever changes a row makes the facts stale: until they are written anew the rows themselves answer.
CREATE FUNCTION report.mark_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_table_schema = 'report' THEN
        UPDATE report.fact_state SET stale = true, rebuild = true, stale_in = txid_current() WHERE NOT (stale AND rebuild);
    ELSIF tg_table_name IN ('deals', 'payments', 'users') OR EXISTS (SELECT FROM report.exclusions WHERE kind = 'group') THEN
        UPDATE report.fact_state SET stale = true, stale_in = txid_current() WHERE NOT stale;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION report.mark_stale() IS 'Trigger: the facts no longer follow from the rows.';
CREATE FUNCTION report.refresh_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT stale FROM report.fact_state) THEN PERFORM report.refresh_facts(); END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION report.refresh_after() IS 'Trigger at the end of a transaction that changed what the school decides: all facts anew, once.';
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['mirror.deals', 'mirror.payments', 'mirror.users', 'mirror.memberships', 'mirror.groups', 'report.exclusions'] LOOP
        EXECUTE format('CREATE TRIGGER mark_stale AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION report.mark_stale()', t);
    END LOOP;
END $$;
CREATE TRIGGER mark_stale AFTER UPDATE OF time_zone, part_payed_is_won ON report.settings FOR EACH STATEMENT EXECUTE FUNCTION report.mark_stale();
CREATE CONSTRAINT TRIGGER refresh_after AFTER INSERT OR UPDATE OR DELETE ON report.exclusions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION report.refresh_after();
CREATE CONSTRAINT TRIGGER refresh_after AFTER UPDATE OF time_zone, part_payed_is_won ON report.settings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION report.refresh_after();
