-- report: what changed, and how groups grew, are facts, too; an order's fact holds its tags and partners, so that only who it is stands elsewhere. Which order
-- a number belongs to is found once for orders and payments.
ALTER TABLE report.fact_orders ADD COLUMN order_partner_id text, ADD COLUMN order_partner_email text, ADD COLUMN order_partner_name text,
    ADD COLUMN user_partner_id text, ADD COLUMN user_partner_email text, ADD COLUMN user_partner_name text, ADD COLUMN tags text[], ADD COLUMN offer_tags text[];
TRUNCATE report.fact_orders, report.fact_payments, report.fact_buyers;   -- written anew below, not row by row over the old ones
UPDATE report.fact_state SET orders = 0, payments = 0, stale = true, rebuild = true;

CREATE TABLE report.fact_changes (
    day date, changed_at timestamptz, order_id bigint NOT NULL, from_status text, to_status text, run_id bigint, export_id bigint
);
COMMENT ON TABLE report.fact_changes IS 'Changes of status kept ready: written by each load for the orders it touched; report.changes adds the orders.';
CREATE VIEW history.order_changes AS
SELECT (v.valid_from AT TIME ZONE s.time_zone)::date AS day, v.valid_from AS changed_at, v.id AS order_id, b.status AS from_status, v.status AS to_status, v.run_id, v.export_id
FROM history.deals b
JOIN (SELECT id, status, valid_from, run_id, export_id FROM mirror.deals UNION ALL SELECT id, status, valid_from, run_id, export_id FROM history.deals) v ON v.id = b.id AND v.valid_from = b.valid_to
CROSS JOIN report.settings s
WHERE v.status IS DISTINCT FROM b.status;
COMMENT ON VIEW history.order_changes IS 'Changes of status, found from the versions themselves: one begins when the one before ends; report.changes keeps them ready.';

CREATE TABLE report.fact_group_days (
    day date, group_id bigint NOT NULL, joined bigint NOT NULL, left_group bigint NOT NULL, size numeric NOT NULL
);
COMMENT ON TABLE report.fact_group_days IS 'Days of groups kept ready: written by each load for the groups whose members it touched.';
CREATE VIEW history.group_days AS
SELECT day, group_id, joined, left_group, sum(joined - left_group) OVER (PARTITION BY group_id ORDER BY day NULLS FIRST) AS size
FROM (
    SELECT day, group_id, sum(joined) AS joined, sum(left_group) AS left_group
    FROM (
        SELECT coalesce(m.joined_on, (m.joined_at AT TIME ZONE (SELECT time_zone FROM report.settings))::date) AS day, m.group_id, 1 AS joined, 0 AS left_group FROM history.memberships_at m
        UNION ALL
        SELECT (m.left_seen_at AT TIME ZONE (SELECT time_zone FROM report.settings))::date, m.group_id, 0, 1 FROM history.memberships_at m WHERE m.left_seen_at IS NOT NULL
    ) events GROUP BY day, group_id
) e;
COMMENT ON VIEW history.group_days IS 'Days of groups, summed from the memberships themselves, now or as of gcmirror.as_of; report.groups_by_day keeps the present ones ready.';
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT t.name, v.column_name, v.words FROM (VALUES ('report.fact_changes'), ('history.order_changes')) t(name), (VALUES
            ('day', 'Day of the state that showed it, in the account''s zone.'), ('changed_at', 'Moment of that state.'), ('order_id', 'Number of the order in GetCourse (mirror.deals.id).'),
            ('from_status', 'Status before.'), ('to_status', 'Status after.'), ('run_id', 'Run that brought the change (journal.run).'), ('export_id', 'Export that brought the change.')) v(column_name, words)
        UNION ALL SELECT t.name, v.column_name, v.words FROM (VALUES ('report.fact_group_days'), ('history.group_days')) t(name), (VALUES
            ('day', 'Day in the account''s zone; empty: it is not known.'), ('group_id', 'Number of the group in GetCourse.'), ('joined', 'People who joined on that day.'),
            ('left_group', 'People first seen outside the group on that day.'), ('size', 'Members after that day, as far as the mirror knows.')) v(column_name, words)
        UNION ALL SELECT t.name, v.column_name, v.words FROM (VALUES ('report.fact_orders')) t(name), (VALUES
            ('order_partner_id', 'Partner of the order: number.'), ('order_partner_email', 'Partner of the order: e-mail.'), ('order_partner_name', 'Partner of the order: name.'),
            ('user_partner_id', 'Partner of the buyer: number.'), ('user_partner_email', 'Partner of the buyer: e-mail.'), ('user_partner_name', 'Partner of the buyer: name.'),
            ('tags', 'Tags of the order.'), ('offer_tags', 'Tags of the offers of the order.')) v(column_name, words) LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.name, c.column_name, c.words);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION report.order_facts_sql(deals text, payments text, numbers text, excluded text, contacts boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
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
           d.order_partner_id, d.order_partner_email, d.order_partner_name, d.user_partner_id, d.user_partner_email, d.user_partner_name,
           %6$s coalesce(d.tags, '{}') AS tags, coalesce(d.offer_tags, '{}') AS offer_tags,
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
       f.channel, f.payment_system, f.promo_code, f.promotion, f.order_partner_id, f.order_partner_email, f.order_partner_name,
       f.user_partner_id, f.user_partner_email, f.user_partner_name, %8$s f.tags, f.offer_tags, f.is_won, f.is_paid, f.set_apart, f.counted, f.received, f.returned, f.expected, f.payments, f.all_payments,
       f.first_received_on, f.last_received_on, f.money_on, f.money_on_from, f.run_id, f.export_id,
       CASE WHEN NOT (f.is_paid AND f.counted) THEN NULL WHEN f.user_id IS NULL THEN 'unknown' WHEN b.order_id IS NOT NULL THEN 'new' ELSE 'returning' END AS buyer_kind,
       f.has_phone
FROM f LEFT JOIN (SELECT DISTINCT ON (user_id) order_id FROM f WHERE is_paid AND counted AND user_id IS NOT NULL ORDER BY user_id, money_on, order_id) b ON b.order_id = f.order_id
$s$, deals, payments, numbers, excluded,
    CASE WHEN contacts THEN 'd.user_name AS person_name, d.email, d.phone,' ELSE '' END,
    CASE WHEN contacts THEN 'd.city,' ELSE '' END,
    CASE WHEN contacts THEN 'f.person_name, f.email, f.phone,' ELSE '' END,
    CASE WHEN contacts THEN 'f.city,' ELSE '' END)
$f$;

DO $$
DECLARE
    numbers constant text := '(SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number)';
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
    orders constant text := '%1$s.order_id, %1$s.order_number, %1$s.user_id, %2$s AS person_name, %3$s.email, %3$s.phone, %1$s.created_on, %1$s.paid_on, %1$s.created_at, %1$s.paid_at, '
        '%1$s.product, %1$s.status, %1$s.status_code, %1$s.cost, %1$s.paid_amount, %1$s.currency, %1$s.payment_system_fee, %1$s.tax, %1$s.other_fees, %1$s.earned, %1$s.manager, %1$s.department, '
        '%1$s.utm_source, %1$s.utm_medium, %1$s.utm_campaign, %1$s.person_utm_source, %1$s.person_utm_medium, %1$s.person_utm_campaign, %1$s.channel, %1$s.payment_system, %1$s.promo_code, %1$s.promotion, '
        '%1$s.order_partner_id, %1$s.order_partner_email, %1$s.order_partner_name, %1$s.user_partner_id, %1$s.user_partner_email, %1$s.user_partner_name, '
        '%3$s.city, %1$s.tags, %1$s.offer_tags, %1$s.is_won, %1$s.is_paid, %1$s.set_apart, %1$s.counted, %1$s.run_id, %1$s.export_id, '
        '%1$s.received, %1$s.returned, %1$s.expected, %1$s.payments, %1$s.all_payments, %1$s.first_received_on, %1$s.last_received_on, %1$s.money_on, %1$s.money_on_from, %1$s.buyer_kind, %4$s AS changed_seq, %1$s.has_phone';
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW history.order_facts AS' || report.order_facts_sql('history.deals_at', 'history.payments_at', numbers, 'history.excluded_people', true);
    EXECUTE format('CREATE OR REPLACE VIEW report.orders AS SELECT ' || format(orders, 'f', 'd.user_name', 'd', 'f.changed_seq') || ' FROM (SELECT * FROM report.fact_orders WHERE %1$s) f LEFT JOIN mirror.deals d ON d.id = f.order_id '
                   'UNION ALL SELECT ' || format(orders, 'h', 'h.person_name', 'h', 'NULL::bigint') || ' FROM history.orders_then() h WHERE NOT %1$s', ready);
END $$;

-- Behind functions, so that a question the facts answer does not plan all this; with the owner's rights, as a view reads.
CREATE FUNCTION history.changes_then() RETURNS SETOF history.order_changes LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM history.order_changes;
END $$;
COMMENT ON FUNCTION history.changes_then() IS 'history.order_changes, read only when it is needed.';
CREATE FUNCTION history.group_days_then() RETURNS SETOF history.group_days LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM history.group_days;
END $$;
COMMENT ON FUNCTION history.group_days_then() IS 'history.group_days, read only when it is needed.';
DO $$
DECLARE
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
BEGIN
    EXECUTE format($v$CREATE OR REPLACE VIEW report.changes AS
        SELECT c.day, c.changed_at, c.order_id, o.order_number, o.user_id, o.person_name, o.product, o.manager, o.currency, o.cost, o.paid_amount, c.from_status, c.to_status, c.run_id, c.export_id
        FROM (SELECT * FROM report.fact_changes WHERE %1$s UNION ALL SELECT * FROM history.changes_then() WHERE NOT %1$s) c JOIN report.orders o ON o.order_id = c.order_id$v$, ready);
    EXECUTE format($v$CREATE OR REPLACE VIEW report.groups_by_day AS
        SELECT e.day, e.group_id, coalesce(g.name, '(unknown)') AS group_name, e.joined, e.left_group, e.size
        FROM (SELECT * FROM report.fact_group_days WHERE %1$s UNION ALL SELECT * FROM history.group_days_then() WHERE NOT %1$s) e LEFT JOIN history.groups_at g ON g.id = e.group_id$v$, ready);
END $$;
CREATE OR REPLACE VIEW report.groups_now AS
SELECT group_id, group_name, sum(joined - left_group)::bigint AS members, coalesce(sum(joined) FILTER (WHERE day > c.today - 30), 0)::bigint AS joined_in_30_days,
       coalesce(sum(left_group) FILTER (WHERE day > c.today - 30), 0)::bigint AS left_in_30_days, sum(joined)::bigint AS members_ever
FROM report.groups_by_day CROSS JOIN (SELECT today FROM report.clock LIMIT 1) c GROUP BY group_id, group_name;

-- Members of lesson groups are found by their groups; reasons by the orders refused, which are few.
CREATE OR REPLACE VIEW report.lesson_funnel AS
WITH named AS (
    SELECT g.id, g.name, (regexp_match(g.name, (SELECT lesson_pattern FROM report.settings), 'i'))[1] AS number FROM history.groups_at g WHERE g.name ~* (SELECT lesson_pattern FROM report.settings)
), lesson AS MATERIALIZED (
    SELECT id, name, number::integer AS lesson_no FROM named WHERE number ~ '^[0-9]{1,9}$'
), reached AS MATERIALIZED (
    SELECT l.lesson_no, m.user_id
    FROM (SELECT group_id, user_id FROM history.memberships_at WHERE group_id = ANY (ARRAY(SELECT id FROM lesson))) m JOIN lesson l ON l.id = m.group_id
    WHERE NOT EXISTS (SELECT FROM report.excluded_people x WHERE x.user_id = m.user_id) GROUP BY l.lesson_no, m.user_id
), stopped AS (
    SELECT lesson_no, count(*) AS people FROM (SELECT max(lesson_no) AS lesson_no FROM reached GROUP BY user_id) furthest GROUP BY lesson_no
), people AS (SELECT lesson_no, count(*) AS people FROM reached GROUP BY lesson_no)
SELECT p.lesson_no, (SELECT min(l.name) FROM lesson l WHERE l.lesson_no = p.lesson_no) AS group_name, p.people, coalesce(s.people, 0) AS stopped_here
FROM people p LEFT JOIN stopped s ON s.lesson_no = p.lesson_no;
CREATE OR REPLACE VIEW report.refusal_reasons AS
SELECT o.created_on AS day, coalesce(nullif(btrim(d.reason), ''), '(not given)') AS refusal_reason, o.currency, count(*) AS orders, coalesce(sum(o.cost), 0.00) AS cost
FROM report.orders o CROSS JOIN LATERAL (SELECT h.custom ->> (SELECT refusal_field FROM report.settings) AS reason FROM history.deals_at h WHERE h.id = o.order_id OFFSET 0) d
WHERE (o.status_code = 'cancelled' AND o.counted) OR o.set_apart = 'false'
GROUP BY o.created_on, 2, o.currency;
CREATE OR REPLACE VIEW report.partners AS
SELECT o.created_on AS day, k.partner_kind, k.partner_id, k.partner_email, k.partner, o.currency, count(*) AS orders, count(*) FILTER (WHERE o.is_paid) AS paid_orders,
       coalesce(sum(o.paid_amount), 0.00) AS paid_amount, coalesce(sum(o.other_fees), 0.00) AS other_fees
FROM report.orders o
CROSS JOIN LATERAL (VALUES ('order', o.order_partner_id, o.order_partner_email, o.order_partner_name), ('person', o.user_partner_id, o.user_partner_email, o.user_partner_name)) k(partner_kind, partner_id, partner_email, partner)
WHERE o.counted AND (k.partner_id <> '' OR k.partner_email <> '' OR k.partner <> '')
  AND (o.order_partner_id <> '' OR o.order_partner_email <> '' OR o.order_partner_name <> '' OR o.user_partner_id <> '' OR o.user_partner_email <> '' OR o.user_partner_name <> '')   -- by its index
GROUP BY o.created_on, k.partner_kind, k.partner_id, k.partner_email, k.partner, o.currency;

-- Which launch comes first does not matter where each is summed for itself: byte by byte.
CREATE OR REPLACE VIEW report.launch_curves AS
WITH sold AS MATERIALIZED (
    SELECT product, day, currency, orders, paid_orders, net FROM report.sales_by_product
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
FROM days WINDOW sofar AS (PARTITION BY launch COLLATE "C", currency COLLATE "C" ORDER BY day);

-- Where the fifths of a currency end is found by sorting its values alone, not all rows thrice: a score is how many of the ends lie below.
CREATE OR REPLACE VIEW report.rfm_scores AS
WITH b AS MATERIALIZED (SELECT user_id, currency, last_money_on, orders, paid_amount FROM report.buyers),
n AS (SELECT currency, count(*) AS people FROM b GROUP BY currency),
-- place k of 5 begins behind the value that k fifths of the others do not exceed
ends AS (
    SELECT b.currency, percentile_disc(p.places) WITHIN GROUP (ORDER BY coalesce(b.last_money_on, '-infinity')) AS r, percentile_disc(p.places) WITHIN GROUP (ORDER BY b.orders) AS f,
           percentile_disc(p.places) WITHIN GROUP (ORDER BY b.paid_amount) AS m
    FROM b JOIN n ON n.currency = b.currency CROSS JOIN LATERAL (SELECT ARRAY(SELECT (ceil(k * (n.people - 1) / 5.0) - 0.5)::float8 / n.people FROM generate_series(1, 4) k) AS places) p
    WHERE n.people > 1 GROUP BY b.currency, p.places
)
SELECT user_id, currency, last_money_on, (SELECT today FROM report.clock) - last_money_on AS recency_days, orders, paid_amount, r_score, f_score, m_score,
       CASE WHEN last_money_on IS NULL THEN 'without a date' WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'champion' WHEN r_score >= 4 AND f_score >= 4 THEN 'loyal' WHEN r_score >= 4 THEN 'recent'
            WHEN r_score <= 2 AND (f_score >= 4 OR m_score >= 4) THEN 'sleeping' WHEN r_score <= 2 THEN 'lost' ELSE 'middle' END AS segment
FROM (
    SELECT b.*, CASE WHEN e.r IS NULL THEN 1 ELSE 1 + (b.first_on > e.r[1])::integer + (b.first_on > e.r[2])::integer + (b.first_on > e.r[3])::integer + (b.first_on > e.r[4])::integer END AS r_score,
           CASE WHEN e.f IS NULL THEN 1 ELSE 1 + (b.orders > e.f[1])::integer + (b.orders > e.f[2])::integer + (b.orders > e.f[3])::integer + (b.orders > e.f[4])::integer END AS f_score,
           CASE WHEN e.m IS NULL THEN 1 ELSE 1 + (b.paid_amount > e.m[1])::integer + (b.paid_amount > e.m[2])::integer + (b.paid_amount > e.m[3])::integer + (b.paid_amount > e.m[4])::integer END AS m_score
    FROM (SELECT b.*, coalesce(last_money_on, '-infinity') AS first_on FROM b) b LEFT JOIN ends e ON e.currency = b.currency
) r;

CREATE OR REPLACE FUNCTION report.index_facts() RETURNS void LANGUAGE plpgsql SET maintenance_work_mem = '128MB' AS $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT * FROM (VALUES
        ('fact_orders_created_on', 'fact_orders (created_on)'), ('fact_orders_paid_on', 'fact_orders (paid_on) WHERE is_paid'), ('fact_orders_money_on', 'fact_orders (money_on) WHERE is_paid AND counted'),
        ('fact_orders_first', 'fact_orders (user_id) INCLUDE (money_on) WHERE buyer_kind = ''new'''), ('fact_orders_buyer', 'fact_orders (user_id) WHERE is_paid AND counted'),
        -- what stands under every report of money, what is set apart and what has no date, is few rows
        ('fact_orders_apart', 'fact_orders (created_on) WHERE NOT counted'), ('fact_orders_no_money_on', 'fact_orders (created_on) WHERE counted AND paid_amount <> 0 AND money_on IS NULL'),
        ('fact_orders_no_paid_on', 'fact_orders (created_on) WHERE counted AND paid_amount <> 0 AND paid_on IS NULL'),
        ('fact_orders_partner', 'fact_orders (created_on) WHERE order_partner_id <> '''' OR order_partner_email <> '''' OR order_partner_name <> '''' OR user_partner_id <> '''' OR user_partner_email <> '''' OR user_partner_name <> '''''),
        ('fact_buyers_first', 'fact_buyers (first_money_on)'), ('fact_buyers_last', 'fact_buyers (last_money_on)'),
        ('fact_changes_day', 'fact_changes (day)'),
        ('fact_payments_day', 'fact_payments (day)'), ('fact_payments_apart_of', 'fact_payments (user_id) WHERE set_apart IS NOT NULL'),
        ('fact_payments_apart', 'fact_payments (day) WHERE NOT counted OR kind <> ALL (''{received,returned}'')')) v(name, what) LOOP
        IF to_regclass('report.' || k.name) IS NULL THEN EXECUTE format('CREATE INDEX %I ON report.%s', k.name, k.what); END IF;
    END LOOP;
END $$;

-- In the order of their days: what a range asks for stands together, wherever the joins left it.
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
                   format(' ON CONFLICT (order_id) DO UPDATE SET (%1$s, changed_seq) = ROW (%3$s, excluded.changed_seq) WHERE (%2$s) IS DISTINCT FROM (%3$s)', columns, here, proposed) ELSE ' ORDER BY created_on' END;
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
                   format(' ON CONFLICT (payment_number) DO UPDATE SET (%1$s, changed_seq) = ROW (%3$s, excluded.changed_seq) WHERE (%2$s) IS DISTINCT FROM (%3$s)', columns, here, proposed) ELSE ' ORDER BY day' END;
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
    IF whole THEN
        DELETE FROM report.fact_buyers;
    ELSE
        DELETE FROM report.fact_buyers WHERE user_id IN (SELECT d.user_id FROM mirror.deals d JOIN pg_temp.touched_orders t ON t.order_id = d.id UNION SELECT f.user_id FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id);
    END IF;
    orders_written := report.put_order_facts(report.order_facts_sql(deal_rows, money_rows, numbers, 'report.fact_excluded', false));
    IF whole THEN
        ANALYZE report.fact_orders, report.fact_excluded;
    END IF;
    -- all orders of a person are touched together
    EXECUTE 'INSERT INTO report.fact_buyers ' || report.buyers_sql(CASE WHEN whole THEN 'report.fact_orders'
        ELSE '(SELECT f.* FROM report.fact_orders f JOIN pg_temp.touched_orders t ON t.order_id = f.order_id) f' END);
    payments_written := report.put_payment_facts(report.payment_facts_sql(payment_rows, numbers, 'report.fact_orders', emails, 'report.fact_excluded'));
    IF whole THEN
        DELETE FROM report.fact_changes;
        INSERT INTO report.fact_changes SELECT * FROM history.order_changes;
        DELETE FROM report.fact_group_days;
        INSERT INTO report.fact_group_days SELECT * FROM history.group_days;
        ANALYZE report.fact_payments, report.fact_buyers, report.fact_changes, report.fact_group_days;
        PERFORM report.index_facts();
    ELSE
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

CREATE OR REPLACE FUNCTION report.mark_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_table_schema = 'report' THEN
        UPDATE report.fact_state SET stale = true, rebuild = true, stale_in = txid_current() WHERE NOT (stale AND rebuild);
    ELSIF tg_table_name <> 'groups' OR EXISTS (SELECT FROM report.exclusions WHERE kind = 'group') THEN
        UPDATE report.fact_state SET stale = true, stale_in = txid_current() WHERE NOT stale;
    END IF;
    RETURN NULL;
END $$;
SELECT report.publish_masked(), report.grant_roles(), report.refresh_facts();
