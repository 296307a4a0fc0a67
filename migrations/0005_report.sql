-- report: the published views, the settings they stand on, and the roles that read them. Columns are appended, never renamed or dropped.
CREATE SCHEMA report;
COMMENT ON SCHEMA report IS 'Published views for BI: each figure defined in its comment, each row traceable to its order or payment.';

-- The state a session asks for: SET gcmirror.as_of = '2026-01-31' shows every view of report as it stood then.
CREATE FUNCTION history.as_of() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('gcmirror.as_of', true), '')::timestamptz
$$;
COMMENT ON FUNCTION history.as_of() IS 'The moment this session asks for by SET gcmirror.as_of; NULL: now.';

DO $$
DECLARE
    t text;
    columns text;
    c record;
BEGIN
    FOREACH t IN ARRAY ARRAY['users', 'groups', 'memberships', 'deals', 'payments'] LOOP
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute WHERE attrelid = ('mirror.' || t)::regclass AND attnum > 0 AND NOT attisdropped;
        EXECUTE format('CREATE VIEW history.%I AS SELECT %s FROM mirror.%I WHERE (SELECT history.as_of()) IS NULL '
                       'UNION ALL SELECT %s FROM mirror.%I WHERE (SELECT history.as_of()) IS NOT NULL AND valid_from <= (SELECT history.as_of()) '
                       'UNION ALL SELECT %s FROM history.%I WHERE (SELECT history.as_of()) IS NOT NULL AND valid_from <= (SELECT history.as_of()) AND valid_to > (SELECT history.as_of())',
                       t || '_at', columns, t, columns, t, columns, t);
        EXECUTE format('COMMENT ON VIEW history.%I IS %L', t || '_at', 'mirror.' || t || ' as it stood at gcmirror.as_of; without that setting, as it stands.');
        FOR c IN SELECT attname, col_description(attrelid, attnum) AS text FROM pg_attribute WHERE attrelid = ('mirror.' || t)::regclass AND attnum > 0 AND NOT attisdropped LOOP
            EXECUTE format('COMMENT ON COLUMN history.%I.%I IS %L', t || '_at', c.attname, c.text);
        END LOOP;
    END LOOP;
END $$;

-- What a school decides: kept in tables, so that nothing is left out silently.
CREATE TABLE report.settings (
    id                boolean PRIMARY KEY DEFAULT true CHECK (id),
    time_zone         text NOT NULL DEFAULT 'Europe/Moscow',
    part_payed_is_won boolean NOT NULL DEFAULT false,
    refund_tags       text[] NOT NULL DEFAULT '{Возврат осуществлён,Возврат осуществлен,Необходим возврат,процесс возврата}',
    refusal_field     text NOT NULL DEFAULT '',
    lesson_pattern    text NOT NULL DEFAULT 'Урок\s*№?\s*(\d+)',
    manager_share     numeric(5,2) NOT NULL DEFAULT 0,
    partner_share     numeric(5,2) NOT NULL DEFAULT 0
);
INSERT INTO report.settings DEFAULT VALUES;
CREATE TABLE report.exclusions (
    kind  text NOT NULL CHECK (kind IN ('email', 'email_domain', 'user', 'group', 'tag', 'product', 'manager')),
    value text NOT NULL,
    note  text NOT NULL DEFAULT '',
    PRIMARY KEY (kind, value)
);
CREATE TABLE report.ad_expenses (
    day          date NOT NULL,
    utm_source   text NOT NULL DEFAULT '',
    utm_campaign text NOT NULL DEFAULT '',
    currency     text NOT NULL,
    amount       numeric(18,2) NOT NULL,
    PRIMARY KEY (day, utm_source, utm_campaign, currency)
);
CREATE TABLE report.manager_plans (
    month    date NOT NULL CHECK (extract(day FROM month) = 1),
    manager  text NOT NULL,
    currency text NOT NULL,
    amount   numeric(18,2) NOT NULL,
    PRIMARY KEY (month, manager, currency)
);
CREATE TABLE report.manager_shares (manager text PRIMARY KEY, percent numeric(5,2) NOT NULL);
CREATE TABLE report.launches (
    launch    text PRIMARY KEY,
    product   text NOT NULL,
    starts_on date NOT NULL,
    ends_on   date NOT NULL DEFAULT 'infinity',
    CHECK (ends_on >= starts_on)
);
CREATE TABLE report.clubs (club text PRIMARY KEY, product text NOT NULL, step_days integer NOT NULL DEFAULT 30 CHECK (step_days > 0));
CREATE TABLE report.access_rules (group_name text NOT NULL, product text NOT NULL, PRIMARY KEY (group_name, product));
CREATE TABLE report.funnel_steps (
    funnel   text NOT NULL,
    step_no  integer NOT NULL,
    title    text NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('group', 'field', 'order', 'paid')),
    value    text NOT NULL,
    at_least numeric,
    PRIMARY KEY (funnel, step_no)
);

CREATE VIEW report.clock AS
SELECT s.time_zone AS zone, (t.moment AT TIME ZONE s.time_zone)::date AS today, t.moment AS as_of
FROM report.settings s, (SELECT coalesce(history.as_of(), (SELECT max(as_of) FROM journal.coverage), now()) AS moment) t;

CREATE VIEW report.excluded_people AS
SELECT user_id, min(reason) AS reason FROM (
    SELECT u.id AS user_id, 'email ' || e.value AS reason FROM history.users_at u JOIN report.exclusions e ON e.kind = 'email' AND lower(e.value) = u.email_key
    UNION ALL
    SELECT u.id, 'domain ' || e.value FROM history.users_at u JOIN report.exclusions e ON e.kind = 'email_domain' AND lower(e.value) = split_part(u.email_key, '@', 2)
    UNION ALL
    SELECT u.id, 'user ' || e.value FROM history.users_at u JOIN report.exclusions e ON e.kind = 'user' AND e.value = u.id::text
    UNION ALL
    SELECT m.user_id, 'group ' || e.value FROM report.exclusions e
    JOIN history.groups_at g ON e.kind = 'group' AND g.name ILIKE e.value
    JOIN history.memberships_at m ON m.group_id = g.id AND m.left_seen_at IS NULL
) found GROUP BY user_id;

-- Facts: one row per order, per payment, per person.
CREATE VIEW report.orders AS
SELECT d.id AS order_id, d.number AS order_number, d.user_id, d.user_name AS person_name, d.email, d.phone,
       (d.created_at AT TIME ZONE z.zone)::date AS created_on, (d.paid_at AT TIME ZONE z.zone)::date AS paid_on, d.created_at, d.paid_at,
       coalesce(nullif(btrim(d.content), ''), '(no title)') AS product, d.status, d.status_code,
       d.cost, d.paid_amount, coalesce(nullif(d.currency, ''), '?') AS currency,
       d.payment_system_fee, d.tax, d.other_fees, d.earned,
       coalesce(nullif(btrim(split_part(d.manager, ' / ', 1)), ''), '(none)') AS manager, coalesce(btrim(split_part(d.manager, ' / ', 2)), '') AS department,
       coalesce(d.utm_source, '') AS utm_source, coalesce(d.utm_medium, '') AS utm_medium, coalesce(d.utm_campaign, '') AS utm_campaign,
       coalesce(d.user_utm_source, '') AS person_utm_source, coalesce(d.user_utm_medium, '') AS person_utm_medium, coalesce(d.user_utm_campaign, '') AS person_utm_campaign,
       coalesce(nullif(concat_ws(' / ', nullif(d.utm_source, ''), nullif(d.utm_medium, ''), nullif(d.utm_campaign, '')), ''), '(none)') AS channel,
       coalesce(nullif(d.payment_system, ''), '(none)') AS payment_system, coalesce(d.promo_code, '') AS promo_code, coalesce(d.promotion, '') AS promotion,
       d.order_partner_id, d.order_partner_email, d.order_partner_name, d.user_partner_id, d.user_partner_email, d.user_partner_name,
       d.city, coalesce(d.tags, '{}') AS tags, coalesce(d.offer_tags, '{}') AS offer_tags,
       coalesce(d.status_code = 'payed' OR (d.status_code = 'part_payed' AND z.part_payed_is_won), false) AS is_won,
       coalesce(d.paid_amount > 0, false) AS is_paid,
       CASE WHEN x.reason IS NOT NULL THEN 'excluded: ' || x.reason
            WHEN e.reason IS NOT NULL THEN 'excluded: ' || e.reason
            WHEN d.status_code = 'false' THEN 'false'
            WHEN coalesce(d.cost, 0) = 0 AND coalesce(d.paid_amount, 0) = 0 THEN 'free' END AS set_apart,
       -- not "set_apart IS NULL": the planner would expect one row in 200
       CASE WHEN x.reason IS NULL AND e.reason IS NULL AND coalesce(d.status_code, '') <> 'false' AND (coalesce(d.cost, 0) <> 0 OR coalesce(d.paid_amount, 0) <> 0) THEN true ELSE false END AS counted,
       d.run_id, d.export_id
FROM history.deals_at d
CROSS JOIN (SELECT time_zone AS zone, part_payed_is_won FROM report.settings LIMIT 1) z
LEFT JOIN report.excluded_people x ON x.user_id = d.user_id
LEFT JOIN LATERAL (
    SELECT min(kind || ' ' || value) AS reason FROM report.exclusions
    WHERE (kind = 'tag' AND value = ANY (d.tags)) OR (kind = 'product' AND d.content ILIKE value) OR (kind = 'manager' AND d.manager ILIKE value)
       OR (kind = 'email' AND lower(value) = d.email_key) OR (kind = 'email_domain' AND lower(value) = split_part(d.email_key, '@', 2))
) e ON EXISTS (SELECT FROM report.exclusions)
WHERE d.missing_since IS NULL;

CREATE VIEW report.payments AS
SELECT p.number AS payment_number, (p.created_at AT TIME ZONE z.zone)::date AS day, p.created_at, p.status, p.status_code,
       CASE p.status_code WHEN 'accepted' THEN 'received' WHEN 'returned' THEN 'returned' WHEN 'expected' THEN 'expected'
                          WHEN 'tobalance' THEN 'balance' WHEN 'frombalance' THEN 'balance' WHEN 'returned_to_balance' THEN 'balance' ELSE 'other' END AS kind,
       p.amount, CASE p.status_code WHEN 'accepted' THEN p.amount WHEN 'returned' THEN -abs(p.amount) ELSE 0.00 END AS net,
       coalesce(nullif(p.currency, ''), o.currency, '?') AS currency, p.fee, p.type,
       n.order_id, coalesce(o.user_id, u.user_id) AS user_id,
       CASE WHEN o.user_id IS NOT NULL THEN 'order' WHEN u.user_id IS NOT NULL THEN 'email' ELSE '' END AS matched_by,
       coalesce(o.product, '(no order)') AS product, coalesce(o.manager, '(none)') AS manager, coalesce(o.department, '') AS department,
       coalesce(o.utm_source, '') AS utm_source, coalesce(o.utm_medium, '') AS utm_medium, coalesce(o.utm_campaign, '') AS utm_campaign,
       coalesce(o.person_utm_source, '') AS person_utm_source, coalesce(o.person_utm_medium, '') AS person_utm_medium, coalesce(o.person_utm_campaign, '') AS person_utm_campaign,
       coalesce(o.channel, '(none)') AS channel, coalesce(o.payment_system, '(none)') AS payment_system,
       p.user_name AS person_name, p.email,
       CASE WHEN o.set_apart LIKE 'excluded:%' THEN o.set_apart WHEN x.reason IS NOT NULL THEN 'excluded: ' || x.reason END AS set_apart,
       CASE WHEN x.reason IS NOT NULL OR o.set_apart LIKE 'excluded:%' THEN false ELSE true END AS counted,
       p.run_id, p.export_id
FROM history.payments_at p
CROSS JOIN (SELECT time_zone AS zone FROM report.settings LIMIT 1) z
LEFT JOIN (SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL GROUP BY number) n ON n.number = p.deal_number
LEFT JOIN report.orders o ON o.order_id = n.order_id
LEFT JOIN (SELECT email_key, min(id) AS user_id FROM history.users_at WHERE email_key IS NOT NULL GROUP BY email_key) u ON u.email_key = p.email_key
LEFT JOIN report.excluded_people x ON x.user_id = coalesce(o.user_id, u.user_id)
WHERE p.missing_since IS NULL;

-- Money by order, from its payments; an order's number belongs to the newest order that has it.
CREATE VIEW report.order_money AS
SELECT n.order_id, sum(p.amount) FILTER (WHERE p.status_code = 'accepted') AS received,
       sum(abs(p.amount)) FILTER (WHERE p.status_code = 'returned') AS returned,
       sum(p.amount) FILTER (WHERE p.status_code = 'expected') AS expected,
       (min(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS first_received_on,
       (max(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS last_received_on,
       count(*) FILTER (WHERE p.status_code = 'accepted') AS payments
FROM history.payments_at p
JOIN (SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL GROUP BY number) n ON n.number = p.deal_number
WHERE p.missing_since IS NULL
GROUP BY n.order_id;

-- Orders that brought money, with the day it came: first received payment, else the order's payment date, else its creation.
CREATE VIEW report.paid_orders AS
SELECT o.*, m.received, m.returned, m.expected, m.last_received_on,
       coalesce(m.first_received_on, o.paid_on, o.created_on) AS money_on,
       CASE WHEN m.first_received_on IS NOT NULL THEN 'payment' WHEN o.paid_on IS NOT NULL THEN 'payment date' ELSE 'creation' END AS money_on_from,
       coalesce(m.first_received_on, o.paid_on) - o.created_on AS days_to_money
FROM report.orders o LEFT JOIN report.order_money m ON m.order_id = o.order_id
WHERE o.is_paid AND o.counted;

CREATE VIEW report.people AS
SELECT u.id AS user_id, nullif(concat_ws(' ', nullif(u.first_name, ''), nullif(u.last_name, '')), '') AS person_name, u.email, u.phone,
       (u.created_at AT TIME ZONE z.zone)::date AS registered_on, u.created_at AS registered_at, u.last_activity_at,
       coalesce(nullif(btrim(u.country), ''), '(unknown)') AS country, coalesce(nullif(btrim(u.city), ''), '(unknown)') AS city, u.age,
       CASE WHEN u.age IS NULL OR u.age <= 0 OR u.age > 120 THEN '(unknown)' WHEN u.age < 18 THEN 'under 18' WHEN u.age < 25 THEN '18-24' WHEN u.age < 35 THEN '25-34'
            WHEN u.age < 45 THEN '35-44' WHEN u.age < 55 THEN '45-54' WHEN u.age < 65 THEN '55-64' ELSE '65 and over' END AS age_band,
       coalesce(u.utm_source, '') AS utm_source, coalesce(u.utm_medium, '') AS utm_medium, coalesce(u.utm_campaign, '') AS utm_campaign,
       coalesce(nullif(concat_ws(' / ', nullif(u.utm_source, ''), nullif(u.utm_medium, ''), nullif(u.utm_campaign, '')), ''), '(none)') AS channel,
       coalesce(nullif(btrim(u.manager_name), ''), '(none)') AS manager, u.partner_email,
       'excluded: ' || x.reason AS set_apart, CASE WHEN x.reason IS NULL THEN true ELSE false END AS counted, u.run_id, u.export_id
FROM history.users_at u
CROSS JOIN (SELECT time_zone AS zone FROM report.settings LIMIT 1) z
LEFT JOIN report.excluded_people x ON x.user_id = u.id
WHERE u.missing_since IS NULL;

-- Every event of selling in one list: an order on the day of its creation, a payment on its own day. All columns add up.
CREATE VIEW report.sales AS
SELECT created_on AS day, 'order' AS event, order_id, NULL::text AS payment_number, user_id, product, currency, manager, department,
       utm_source, utm_medium, utm_campaign, person_utm_source, person_utm_medium, person_utm_campaign, channel, payment_system,
       1 AS orders, CASE WHEN is_paid THEN 1 ELSE 0 END AS paid_orders, CASE WHEN is_won THEN 1 ELSE 0 END AS won_orders,
       coalesce(cost, 0.00) AS cost, coalesce(paid_amount, 0.00) AS paid_amount, 0.00 AS received, 0.00 AS returned, 0.00 AS net, set_apart, counted
FROM report.orders
UNION ALL
SELECT day, 'payment', order_id, payment_number, user_id, product, currency, manager, department,
       utm_source, utm_medium, utm_campaign, person_utm_source, person_utm_medium, person_utm_campaign, channel, payment_system,
       0, 0, 0, 0.00, 0.00, CASE WHEN kind = 'received' THEN amount ELSE 0.00 END, CASE WHEN kind = 'returned' THEN abs(amount) ELSE 0.00 END, net, set_apart, counted
FROM report.payments WHERE kind IN ('received', 'returned');

-- Dimensions, joined by their first column.
CREATE VIEW report.dim_date AS
SELECT d::date AS day, date_trunc('week', d)::date AS week, date_trunc('month', d)::date AS month, date_trunc('quarter', d)::date AS quarter,
       extract(year FROM d)::integer AS year, extract(isodow FROM d)::integer AS weekday
FROM generate_series(coalesce((SELECT least(min(d.created_at), min(d.paid_at)) FROM mirror.deals d), now())::date - 1, now()::date + 1, interval '1 day') d;
CREATE VIEW report.dim_product AS SELECT product, min(created_on) AS first_order_on, max(created_on) AS last_order_on, count(*) AS orders FROM report.orders GROUP BY product;
CREATE VIEW report.dim_manager AS SELECT manager, min(created_on) AS first_order_on, max(created_on) AS last_order_on, count(*) AS orders FROM report.orders GROUP BY manager;
CREATE VIEW report.dim_channel AS
SELECT channel, utm_source, utm_medium, utm_campaign, count(*) AS orders FROM report.orders GROUP BY channel, utm_source, utm_medium, utm_campaign;

-- 1, 2: revenue.
CREATE VIEW report.revenue_by_day AS
SELECT day, currency, sum(payments) AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       sum(paid_on_payment_date) AS paid_on_payment_date, sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date,
       sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid, (SELECT zone FROM report.clock) AS zone
FROM (
    SELECT day, currency, CASE WHEN counted AND kind = 'received' THEN 1 ELSE 0 END AS payments,
           CASE WHEN counted AND kind = 'received' THEN amount ELSE 0.00 END AS received, CASE WHEN counted AND kind = 'returned' THEN abs(amount) ELSE 0.00 END AS returned,
           CASE WHEN counted THEN net ELSE 0.00 END AS net, 0.00 AS paid_on_payment_date, 0.00 AS paid_on_creation_date, 0.00 AS won_on_creation_date,
           CASE WHEN counted THEN 0.00 ELSE net END AS set_apart_net, 0.00 AS set_apart_paid
    FROM report.payments WHERE kind IN ('received', 'returned')
    UNION ALL
    SELECT paid_on, currency, 0, 0.00, 0.00, 0.00, CASE WHEN counted THEN paid_amount ELSE 0.00 END, 0.00, 0.00, 0.00, CASE WHEN counted THEN 0.00 ELSE paid_amount END
    FROM report.orders WHERE is_paid
    UNION ALL
    SELECT created_on, currency, 0, 0.00, 0.00, 0.00, 0.00, coalesce(paid_amount, 0.00), CASE WHEN is_won THEN coalesce(cost, 0.00) ELSE 0.00 END, 0.00, 0.00
    FROM report.orders WHERE counted AND (is_paid OR is_won)
) events GROUP BY day, currency;
CREATE VIEW report.revenue_by_week AS
SELECT date_trunc('week', day)::date AS week, currency, sum(payments) AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       sum(paid_on_payment_date) AS paid_on_payment_date, sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date,
       sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid, min(zone) AS zone
FROM report.revenue_by_day GROUP BY 1, currency;
CREATE VIEW report.revenue_by_month AS
SELECT date_trunc('month', day)::date AS month, currency, sum(payments) AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       sum(paid_on_payment_date) AS paid_on_payment_date, sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date,
       sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid, min(zone) AS zone
FROM report.revenue_by_day GROUP BY 1, currency;
CREATE VIEW report.paid_definitions AS
SELECT date_trunc('month', o.created_on)::date AS month, o.currency, count(*) AS orders,
       count(*) FILTER (WHERE o.is_won) AS won_orders, count(*) FILTER (WHERE o.is_paid) AS paid_orders, count(*) FILTER (WHERE coalesce(m.received, 0) - coalesce(m.returned, 0) > 0) AS received_orders,
       coalesce(sum(o.cost) FILTER (WHERE o.is_won), 0.00) AS won_amount, coalesce(sum(o.paid_amount), 0.00) AS paid_amount, coalesce(sum(coalesce(m.received, 0.00) - coalesce(m.returned, 0.00)), 0.00) AS net,
       count(*) FILTER (WHERE o.is_won AND NOT o.is_paid) AS won_not_paid, count(*) FILTER (WHERE o.is_paid AND NOT o.is_won) AS paid_not_won,
       count(*) FILTER (WHERE o.is_paid AND coalesce(m.received, 0) = 0) AS paid_without_payments
FROM report.orders o LEFT JOIN report.order_money m ON m.order_id = o.order_id
WHERE o.counted GROUP BY 1, o.currency;

-- 3, 4: conversion.
CREATE VIEW report.conversion_by_day AS
SELECT o.created_on AS day, count(*) FILTER (WHERE o.counted) AS orders, count(*) FILTER (WHERE o.counted AND o.is_paid) AS paid_orders,
       count(*) FILTER (WHERE o.counted AND o.is_won) AS won_orders,
       count(*) FILTER (WHERE o.counted AND o.is_paid AND coalesce(m.first_received_on, o.paid_on) - o.created_on <= 1) AS paid_within_1_day,
       count(*) FILTER (WHERE o.counted AND o.is_paid AND coalesce(m.first_received_on, o.paid_on) - o.created_on <= 7) AS paid_within_7_days,
       count(*) FILTER (WHERE o.counted AND o.is_paid AND coalesce(m.first_received_on, o.paid_on) - o.created_on <= 30) AS paid_within_30_days,
       count(*) FILTER (WHERE o.set_apart = 'free') AS free_orders, count(*) FILTER (WHERE o.set_apart = 'false') AS false_orders,
       count(*) FILTER (WHERE o.set_apart LIKE 'excluded:%') AS excluded_orders, (SELECT zone FROM report.clock) AS zone
FROM report.orders o LEFT JOIN report.order_money m ON m.order_id = o.order_id
GROUP BY o.created_on;
CREATE VIEW report.time_to_payment AS
SELECT date_trunc('month', created_on)::date AS month, count(*) AS paid_orders,
       count(*) FILTER (WHERE days_to_money < 0) AS backdated, count(*) FILTER (WHERE days_to_money IS NULL) AS undated,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0) AS median_days,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0) AS p90_days
FROM report.paid_orders GROUP BY 1;

-- 5, 6, 7, 8: products and channels.
CREATE VIEW report.sales_by_product AS
SELECT day, product, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(won_orders) AS won_orders, sum(paid_amount) AS paid_amount,
       sum(received) AS received, sum(returned) AS returned, sum(net) AS net
FROM report.sales WHERE counted GROUP BY day, product, currency;
CREATE VIEW report.sales_by_offer_tag AS
SELECT o.created_on AS day, t.tag AS offer_tag, o.currency, count(*) AS orders, count(*) FILTER (WHERE o.is_paid) AS paid_orders, coalesce(sum(o.paid_amount), 0.00) AS paid_amount
FROM report.orders o CROSS JOIN LATERAL unnest(CASE WHEN cardinality(o.offer_tags) = 0 THEN '{(none)}' ELSE o.offer_tags END) t(tag)
WHERE o.counted GROUP BY o.created_on, t.tag, o.currency;
CREATE VIEW report.sales_by_order_channel AS
SELECT day, utm_source, utm_medium, utm_campaign, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(paid_amount) AS paid_amount, sum(net) AS net
FROM report.sales WHERE counted GROUP BY day, utm_source, utm_medium, utm_campaign, currency;
CREATE VIEW report.sales_by_person_channel AS
SELECT day, person_utm_source AS utm_source, person_utm_medium AS utm_medium, person_utm_campaign AS utm_campaign, currency,
       sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(paid_amount) AS paid_amount, sum(net) AS net
FROM report.sales WHERE counted GROUP BY day, person_utm_source, person_utm_medium, person_utm_campaign, currency;
CREATE VIEW report.registrations_by_channel AS
SELECT p.registered_on AS day, p.utm_source, p.utm_medium, p.utm_campaign, count(*) FILTER (WHERE p.counted) AS registrations,
       count(*) FILTER (WHERE p.counted AND b.first_money_on - p.registered_on <= 7) AS buyers_within_7_days,
       count(*) FILTER (WHERE p.counted AND b.first_money_on - p.registered_on <= 30) AS buyers_within_30_days,
       count(*) FILTER (WHERE p.counted AND b.first_money_on IS NOT NULL) AS buyers,
       count(*) FILTER (WHERE NOT p.counted) AS excluded_people, (SELECT zone FROM report.clock) AS zone
FROM report.people p LEFT JOIN (SELECT user_id, min(money_on) AS first_money_on FROM report.paid_orders GROUP BY user_id) b ON b.user_id = p.user_id
GROUP BY p.registered_on, p.utm_source, p.utm_medium, p.utm_campaign;
CREATE VIEW report.advertising_return AS
SELECT month, utm_source, utm_campaign, currency, sum(expense) AS expense, sum(orders) AS orders, sum(paid_amount) AS paid_amount, sum(net) AS net, sum(net) - sum(expense) AS profit
FROM (
    SELECT date_trunc('month', day)::date AS month, utm_source, utm_campaign, currency, amount AS expense, 0 AS orders, 0.00 AS paid_amount, 0.00 AS net FROM report.ad_expenses
    UNION ALL
    SELECT date_trunc('month', day)::date, utm_source, utm_campaign, currency, 0.00, orders, paid_amount, net FROM report.sales WHERE counted
) both_sides GROUP BY month, utm_source, utm_campaign, currency;

-- 9, 10: managers.
CREATE VIEW report.sales_by_manager AS
SELECT day, manager, department, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(won_orders) AS won_orders, sum(paid_amount) AS paid_amount,
       sum(received) AS received, sum(returned) AS returned, sum(net) AS net
FROM report.sales WHERE counted GROUP BY day, manager, department, currency;
CREATE VIEW report.manager_plan_and_fact AS
SELECT month, manager, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(net) AS net, sum(plan) AS plan
FROM (
    SELECT date_trunc('month', day)::date AS month, manager, currency, orders, paid_orders, net, 0.00 AS plan FROM report.sales WHERE counted
    UNION ALL
    SELECT month, manager, currency, 0, 0, 0, amount FROM report.manager_plans
) both_sides GROUP BY month, manager, currency;
CREATE VIEW report.manager_pay AS
SELECT m.*, m.net - m.fee AS base, p.percent, round((m.net - m.fee) * p.percent / 100, 2) AS pay
FROM (
    SELECT date_trunc('month', day)::date AS month, manager, currency, coalesce(sum(amount) FILTER (WHERE kind = 'received'), 0.00) AS received,
           coalesce(sum(abs(amount)) FILTER (WHERE kind = 'returned'), 0.00) AS returned, sum(net) AS net, coalesce(sum(fee) FILTER (WHERE kind = 'received'), 0.00) AS fee
    FROM report.payments WHERE kind IN ('received', 'returned') AND counted GROUP BY 1, manager, currency
) m CROSS JOIN (SELECT manager_share FROM report.settings LIMIT 1) z LEFT JOIN report.manager_shares s ON s.manager = m.manager
CROSS JOIN LATERAL (SELECT CASE WHEN m.manager = '(none)' THEN 0.00 ELSE coalesce(s.percent, z.manager_share) END AS percent) p;

-- 11, 12, 13, 14: cheque, debts, fees, refunds.
CREATE VIEW report.average_cheque AS
SELECT date_trunc('month', money_on)::date AS month, currency, buyer_kind, count(DISTINCT user_id) AS buyers, count(*) AS orders, sum(paid_amount) AS paid_amount,
       round(avg(paid_amount), 2) AS average_cheque, percentile_disc(0.5) WITHIN GROUP (ORDER BY paid_amount) AS median_cheque
FROM (
    SELECT money_on, currency, user_id, paid_amount,
           CASE WHEN user_id IS NULL THEN 'unknown' WHEN row_number() OVER (PARTITION BY user_id ORDER BY money_on, order_id) = 1 THEN 'new' ELSE 'returning' END AS buyer_kind
    FROM report.paid_orders
) numbered GROUP BY 1, currency, buyer_kind;
CREATE VIEW report.debts AS
SELECT order_id, order_number, user_id, person_name, email, phone, product, manager, currency, status, cost, paid_amount, cost - paid_amount AS owed,
       coalesce(expected, 0.00) AS expected, created_on, coalesce(last_received_on, paid_on) AS last_money_on,
       (SELECT today FROM report.clock) - coalesce(last_received_on, paid_on, created_on) AS days_since_money, run_id, export_id
FROM report.paid_orders
WHERE paid_amount < cost AND coalesce(status_code, '') NOT IN ('cancelled', 'false', 'waiting_for_return');
CREATE VIEW report.money_after_fees AS
SELECT date_trunc('month', money_on)::date AS month, currency, count(*) AS orders, sum(paid_amount) AS paid_amount, sum(payment_system_fee) AS payment_system_fee, sum(tax) AS tax,
       sum(other_fees) AS other_fees, sum(earned) AS earned, count(*) FILTER (WHERE payment_system_fee IS NULL AND tax IS NULL AND other_fees IS NULL AND earned IS NULL) AS orders_without_figures
FROM report.paid_orders GROUP BY 1, currency;
CREATE VIEW report.refunds_by_day AS
SELECT day, product, manager, currency, count(*) FILTER (WHERE kind = 'returned') AS returned_payments, coalesce(sum(abs(amount)) FILTER (WHERE kind = 'returned'), 0.00) AS returned,
       coalesce(sum(amount) FILTER (WHERE kind = 'received'), 0.00) AS received
FROM report.payments WHERE kind IN ('received', 'returned') AND counted GROUP BY day, product, manager, currency;
CREATE VIEW report.refund_disagreements AS
SELECT o.order_id, o.order_number, o.user_id, o.person_name, o.email, o.product, o.manager, o.currency, o.status, o.paid_amount, coalesce(m.received, 0.00) AS received, coalesce(m.returned, 0.00) AS returned,
       o.in_status, o.in_payments, o.in_tags, o.created_on, o.run_id, o.export_id
FROM (
    SELECT r.*, coalesce(r.status_code = 'waiting_for_return', false) OR (coalesce(r.status_code = 'cancelled', false) AND coalesce(r.paid_amount, 0) > 0) AS in_status,
           coalesce(k.returned, 0) > 0 AS in_payments, r.tags && (SELECT refund_tags FROM report.settings) AS in_tags
    FROM report.orders r LEFT JOIN report.order_money k ON k.order_id = r.order_id
    WHERE coalesce(r.set_apart, '') NOT LIKE 'excluded:%'
) o LEFT JOIN report.order_money m ON m.order_id = o.order_id
WHERE NOT (o.in_status = o.in_payments AND o.in_payments = o.in_tags);

-- 15, 16: cohorts and segments.
CREATE VIEW report.cohorts AS
WITH money AS (
    SELECT user_id, currency, order_id, paid_amount, date_trunc('month', money_on)::date AS month, min(date_trunc('month', money_on)::date) OVER (PARTITION BY user_id, currency) AS cohort
    FROM report.paid_orders WHERE user_id IS NOT NULL
), sizes AS (SELECT cohort, currency, count(DISTINCT user_id) AS cohort_buyers FROM money GROUP BY cohort, currency)
SELECT m.cohort, m.currency, (extract(year FROM m.month)::integer - extract(year FROM m.cohort)::integer) * 12 + extract(month FROM m.month)::integer - extract(month FROM m.cohort)::integer AS month_no,
       s.cohort_buyers, count(DISTINCT m.user_id) AS active_buyers, count(*) AS orders, sum(m.paid_amount) AS paid_amount
FROM money m JOIN sizes s USING (cohort, currency) GROUP BY m.cohort, m.currency, 3, s.cohort_buyers;
CREATE VIEW report.rfm AS
SELECT r.user_id, p.person_name, p.email, p.phone, r.currency, r.last_money_on, r.recency_days, r.orders, r.paid_amount, r.r_score, r.f_score, r.m_score,
       CASE WHEN r.r_score >= 4 AND r.f_score >= 4 AND r.m_score >= 4 THEN 'champion' WHEN r.r_score >= 4 AND r.f_score >= 4 THEN 'loyal' WHEN r.r_score >= 4 THEN 'recent'
            WHEN r.r_score <= 2 AND (r.f_score >= 4 OR r.m_score >= 4) THEN 'sleeping' WHEN r.r_score <= 2 THEN 'lost' ELSE 'middle' END AS segment
FROM (
    SELECT b.*, least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency ORDER BY last_money_on)))::integer AS r_score,
           least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency ORDER BY orders)))::integer AS f_score,
           least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency ORDER BY paid_amount)))::integer AS m_score
    FROM (SELECT user_id, currency, max(coalesce(last_received_on, money_on)) AS last_money_on, (SELECT today FROM report.clock) - max(coalesce(last_received_on, money_on)) AS recency_days,
                 count(*) AS orders, sum(paid_amount) AS paid_amount
          FROM report.paid_orders WHERE user_id IS NOT NULL GROUP BY user_id, currency) b
) r LEFT JOIN report.people p ON p.user_id = r.user_id;

-- 17, 18: launches and funnels.
CREATE VIEW report.launch_curves AS
WITH launch AS (
    SELECT launch, product, starts_on, ends_on FROM report.launches
    UNION ALL
    SELECT product, product, min(created_on), 'infinity' FROM report.orders WHERE counted AND NOT EXISTS (SELECT FROM report.launches) GROUP BY product
), days AS (
    SELECT l.launch, l.starts_on, s.day, s.currency, sum(s.orders) AS orders, sum(s.paid_orders) AS paid_orders, sum(s.net) AS net
    FROM launch l JOIN report.sales s ON s.counted AND s.day BETWEEN l.starts_on AND l.ends_on
                                     AND (s.product = l.product OR (EXISTS (SELECT FROM report.launches) AND s.product ILIKE l.product))
    GROUP BY l.launch, l.starts_on, s.day, s.currency
)
SELECT launch, day - starts_on AS day_no, day, currency, orders, paid_orders, net,
       sum(orders) OVER sofar AS cumulative_orders, sum(net) OVER sofar AS cumulative_net
FROM days WINDOW sofar AS (PARTITION BY launch, currency ORDER BY day);
CREATE VIEW report.funnels AS
WITH reached AS (
    SELECT s.funnel, s.step_no, m.user_id FROM report.funnel_steps s JOIN history.groups_at g ON s.kind = 'group' AND g.name ILIKE s.value JOIN history.memberships_at m ON m.group_id = g.id
    UNION
    SELECT s.funnel, s.step_no, u.id FROM report.funnel_steps s JOIN history.users_at u ON s.kind = 'field'
    WHERE u.custom ? s.value AND (s.at_least IS NULL OR mirror.as_numeric(u.custom ->> s.value) >= s.at_least)
    UNION
    SELECT s.funnel, s.step_no, o.user_id FROM report.funnel_steps s JOIN report.orders o ON s.kind IN ('order', 'paid') AND o.product ILIKE s.value AND (s.kind = 'order' OR o.is_paid)
    WHERE o.user_id IS NOT NULL AND coalesce(o.set_apart, 'free') = 'free'
), counted AS (SELECT r.* FROM reached r WHERE NOT EXISTS (SELECT FROM report.excluded_people x WHERE x.user_id = r.user_id))
SELECT s.funnel, s.step_no, s.title, count(c.user_id) AS people,
       count(c.user_id) FILTER (WHERE NOT EXISTS (SELECT FROM report.funnel_steps b WHERE b.funnel = s.funnel AND b.step_no < s.step_no
                                                  AND NOT EXISTS (SELECT FROM counted p WHERE p.funnel = b.funnel AND p.step_no = b.step_no AND p.user_id = c.user_id))) AS people_in_order
FROM report.funnel_steps s LEFT JOIN counted c ON c.funnel = s.funnel AND c.step_no = s.step_no GROUP BY s.funnel, s.step_no, s.title;

-- 19, 20, 21, 22: groups, clubs, access, lessons.
CREATE VIEW report.groups_by_day AS
SELECT e.day, e.group_id, coalesce(g.name, '(unknown)') AS group_name, e.joined, e.left_group, sum(e.joined - e.left_group) OVER (PARTITION BY e.group_id ORDER BY e.day NULLS FIRST) AS size
FROM (
    SELECT day, group_id, sum(joined) AS joined, sum(left_group) AS left_group FROM (
        SELECT coalesce(m.joined_on, (m.joined_at AT TIME ZONE (SELECT zone FROM report.clock))::date) AS day, m.group_id, 1 AS joined, 0 AS left_group FROM history.memberships_at m
        UNION ALL
        SELECT (m.left_seen_at AT TIME ZONE (SELECT zone FROM report.clock))::date, m.group_id, 0, 1 FROM history.memberships_at m WHERE m.left_seen_at IS NOT NULL
    ) events GROUP BY day, group_id
) e LEFT JOIN history.groups_at g ON g.id = e.group_id;
CREATE VIEW report.groups_now AS
SELECT m.group_id, coalesce(g.name, '(unknown)') AS group_name, count(*) FILTER (WHERE m.left_seen_at IS NULL) AS members,
       count(*) FILTER (WHERE coalesce(m.joined_on, (m.joined_at AT TIME ZONE c.zone)::date) > c.today - 30) AS joined_in_30_days,
       count(*) FILTER (WHERE (m.left_seen_at AT TIME ZONE c.zone)::date > c.today - 30) AS left_in_30_days, count(*) AS members_ever
FROM history.memberships_at m CROSS JOIN (SELECT zone, today FROM report.clock LIMIT 1) c LEFT JOIN history.groups_at g ON g.id = m.group_id
GROUP BY m.group_id, g.name;
CREATE VIEW report.club_renewals AS
SELECT club, due_on AS day, count(*) AS due, count(*) FILTER (WHERE next_on <= due_on) AS renewed_on_the_day, count(*) FILTER (WHERE next_on <= due_on + 1) AS renewed_within_1_day,
       count(*) FILTER (WHERE next_on <= due_on + 3) AS renewed_within_3_days, count(*) FILTER (WHERE next_on <= due_on + 30) AS renewed_within_30_days,
       count(*) FILTER (WHERE next_on IS NULL) AS not_renewed
FROM (
    SELECT c.club, o.user_id, o.money_on + c.step_days AS due_on, lead(o.money_on) OVER (PARTITION BY c.club, o.user_id ORDER BY o.money_on, o.order_id) AS next_on
    FROM report.clubs c JOIN report.paid_orders o ON o.product ILIKE c.product AND o.user_id IS NOT NULL
) terms WHERE due_on <= (SELECT today FROM report.clock) GROUP BY club, due_on;
CREATE VIEW report.access_without_payment AS
SELECT DISTINCT g.id AS group_id, g.name AS group_name, m.user_id, p.person_name, p.email, p.phone, m.joined_on, r.product AS expected_product
FROM report.access_rules r JOIN history.groups_at g ON g.name ILIKE r.group_name JOIN history.memberships_at m ON m.group_id = g.id AND m.left_seen_at IS NULL
JOIN report.people p ON p.user_id = m.user_id AND p.counted
WHERE NOT EXISTS (SELECT FROM report.access_rules r2 JOIN report.orders o ON o.product ILIKE r2.product
                  WHERE r2.group_name = r.group_name AND o.user_id = m.user_id AND o.is_paid AND coalesce(o.status_code, '') NOT IN ('cancelled', 'false'));
CREATE VIEW report.payment_without_access AS
SELECT o.order_id, o.order_number, o.user_id, o.person_name, o.email, o.phone, o.product, o.currency, o.paid_amount, o.money_on, r.group_name AS expected_group, o.run_id, o.export_id
FROM report.access_rules r JOIN report.paid_orders o ON o.product ILIKE r.product AND coalesce(o.status_code, '') NOT IN ('cancelled', 'waiting_for_return')
                                                     AND coalesce(o.returned, 0) < o.paid_amount
WHERE NOT EXISTS (SELECT FROM history.groups_at g JOIN history.memberships_at m ON m.group_id = g.id AND m.left_seen_at IS NULL WHERE g.name ILIKE r.group_name AND m.user_id = o.user_id);
CREATE VIEW report.lesson_funnel AS
WITH lesson AS (
    SELECT g.id, g.name, (regexp_match(g.name, (SELECT lesson_pattern FROM report.settings), 'i'))[1]::integer AS lesson_no FROM history.groups_at g
    WHERE g.name ~* (SELECT lesson_pattern FROM report.settings)
), reached AS (
    SELECT l.lesson_no, m.user_id FROM lesson l JOIN history.memberships_at m ON m.group_id = l.id
    WHERE NOT EXISTS (SELECT FROM report.excluded_people x WHERE x.user_id = m.user_id) GROUP BY l.lesson_no, m.user_id
), furthest AS (SELECT user_id, max(lesson_no) AS lesson_no FROM reached GROUP BY user_id)
SELECT r.lesson_no, (SELECT min(l.name) FROM lesson l WHERE l.lesson_no = r.lesson_no) AS group_name, count(*) AS people,
       (SELECT count(*) FROM furthest f WHERE f.lesson_no = r.lesson_no) AS stopped_here
FROM reached r GROUP BY r.lesson_no;

-- 23 to 28: promo codes, partners, geography, age, old base, payment systems, refusals.
CREATE VIEW report.promo_codes AS
SELECT created_on AS day, promo_code, promotion, currency, count(*) AS orders, count(*) FILTER (WHERE is_paid) AS paid_orders, coalesce(sum(cost), 0.00) AS cost, coalesce(sum(paid_amount), 0.00) AS paid_amount
FROM report.orders WHERE counted AND (promo_code <> '' OR promotion <> '') GROUP BY created_on, promo_code, promotion, currency;
CREATE VIEW report.partners AS
SELECT o.created_on AS day, k.partner_kind, k.partner_id, k.partner_email, k.partner, o.currency, count(*) AS orders, count(*) FILTER (WHERE o.is_paid) AS paid_orders,
       coalesce(sum(o.paid_amount), 0.00) AS paid_amount, coalesce(sum(o.other_fees), 0.00) AS other_fees
FROM report.orders o CROSS JOIN LATERAL (VALUES ('order', o.order_partner_id, o.order_partner_email, o.order_partner_name),
                                                ('person', o.user_partner_id, o.user_partner_email, o.user_partner_name)) k(partner_kind, partner_id, partner_email, partner)
WHERE o.counted AND (coalesce(k.partner_id, '') <> '' OR coalesce(k.partner_email, '') <> '' OR coalesce(k.partner, '') <> '')
GROUP BY o.created_on, k.partner_kind, k.partner_id, k.partner_email, k.partner, o.currency;
CREATE VIEW report.geography AS
SELECT p.country, p.city, coalesce(o.currency, '') AS currency, count(DISTINCT p.user_id) AS people, count(DISTINCT o.user_id) AS buyers, count(o.order_id) AS paid_orders, coalesce(sum(o.paid_amount), 0.00) AS paid_amount
FROM report.people p LEFT JOIN report.paid_orders o ON o.user_id = p.user_id WHERE p.counted GROUP BY p.country, p.city, o.currency;
CREATE VIEW report.age_bands AS
SELECT p.age_band, coalesce(o.currency, '') AS currency, count(DISTINCT p.user_id) AS people, count(DISTINCT o.user_id) AS buyers, count(o.order_id) AS paid_orders, coalesce(sum(o.paid_amount), 0.00) AS paid_amount
FROM report.people p LEFT JOIN report.paid_orders o ON o.user_id = p.user_id WHERE p.counted GROUP BY p.age_band, o.currency;
CREATE VIEW report.old_base_and_cold AS
SELECT o.money_on AS day, CASE WHEN p.registered_on IS NULL THEN 'unknown' WHEN o.created_on - p.registered_on <= 0 THEN 'same day' WHEN o.created_on - p.registered_on <= 7 THEN 'up to 7 days'
                               WHEN o.created_on - p.registered_on <= 30 THEN '8 to 30 days' WHEN o.created_on - p.registered_on <= 180 THEN '31 to 180 days' ELSE 'over 180 days' END AS known_for,
       o.currency, count(*) AS orders, sum(o.paid_amount) AS paid_amount
FROM report.paid_orders o LEFT JOIN report.people p ON p.user_id = o.user_id GROUP BY o.money_on, 2, o.currency;
CREATE VIEW report.payment_systems AS
SELECT created_on AS day, payment_system, currency, count(*) AS orders, count(*) FILTER (WHERE is_paid) AS paid_orders, coalesce(sum(paid_amount), 0.00) AS paid_amount, coalesce(sum(payment_system_fee), 0.00) AS payment_system_fee
FROM report.orders WHERE counted GROUP BY created_on, payment_system, currency;
CREATE VIEW report.refusal_reasons AS
SELECT o.created_on AS day, coalesce(nullif(btrim(d.custom ->> (SELECT refusal_field FROM report.settings)), ''), '(not given)') AS refusal_reason, o.currency, count(*) AS orders, coalesce(sum(o.cost), 0.00) AS cost
FROM report.orders o JOIN history.deals_at d ON d.id = o.order_id
WHERE (o.status_code = 'cancelled' AND o.counted) OR o.set_apart = 'false' GROUP BY o.created_on, 2, o.currency;

-- 29, 30: quality, changes, freshness.
CREATE VIEW report.data_quality AS
SELECT c.check_name, c.found, c.of_total, c.meaning FROM (
    SELECT 1 AS n, 'orders without utm' AS check_name, count(*) FILTER (WHERE channel = '(none)') AS found, count(*) AS of_total, 'cannot be credited to a channel' AS meaning FROM report.orders WHERE counted
    UNION ALL SELECT 2, 'orders without a manager', count(*) FILTER (WHERE manager = '(none)'), count(*), 'nobody answers for them' FROM report.orders WHERE counted
    UNION ALL SELECT 3, 'orders without a phone', count(*) FILTER (WHERE coalesce(phone, '') = ''), count(*), 'the buyer cannot be called' FROM report.orders WHERE counted
    UNION ALL SELECT 4, 'paid orders without a payment date', count(*) FILTER (WHERE paid_on IS NULL), count(*), 'missing in revenue by payment date; see paid_on_payment_date without a day' FROM report.orders WHERE counted AND is_paid
    UNION ALL SELECT 5, 'paid orders without payments', count(*) FILTER (WHERE coalesce(received, 0) = 0), count(*), 'money that the payments do not know' FROM report.paid_orders
    UNION ALL SELECT 6, 'orders of unknown status', count(*) FILTER (WHERE status_code IS NULL), count(*), 'a label that is not in the vocabulary' FROM report.orders
    UNION ALL SELECT 7, 'orders of unknown currency', count(*) FILTER (WHERE currency = '?'), count(*), 'counted under ?' FROM report.orders
    UNION ALL SELECT 8, 'payments without an order', count(*) FILTER (WHERE order_id IS NULL), count(*), 'their number is no order of the mirror' FROM report.payments
    UNION ALL SELECT 9, 'order numbers used twice', count(*) FILTER (WHERE uses > 1), count(*), 'their payments are credited to the newest order' FROM (SELECT count(*) AS uses FROM history.deals_at WHERE number IS NOT NULL GROUP BY number) u
    UNION ALL SELECT 10, 'people sharing a phone', coalesce(sum(people), 0)::bigint, (SELECT count(*) FROM history.users_at), 'probably one person; see duplicate_people' FROM (SELECT count(*) AS people FROM history.users_at WHERE coalesce(phone_key, '') <> '' GROUP BY phone_key HAVING count(*) > 1) d
    UNION ALL SELECT 11, 'orders that vanished', count(*) FILTER (WHERE missing_since IS NOT NULL), count(*), 'two complete windows lacked them; left out of all reports' FROM history.deals_at
    UNION ALL SELECT 12, 'payments that vanished', count(*) FILTER (WHERE missing_since IS NOT NULL), count(*), 'two complete windows lacked them; left out of all reports' FROM history.payments_at
    UNION ALL SELECT 13, 'cells and rows rejected', count(*), (SELECT coalesce(sum(c.rows), 0)::bigint FROM journal.certificate c), 'kept in journal.reject with their text' FROM journal.reject
) c ORDER BY c.n;
CREATE VIEW report.duplicate_people AS
SELECT u.phone_key AS phone, count(*) AS people, string_agg(u.email, ', ' ORDER BY u.id) AS email, array_agg(u.id ORDER BY u.id) AS user_ids
FROM history.users_at u WHERE coalesce(u.phone_key, '') <> '' AND u.missing_since IS NULL GROUP BY u.phone_key HAVING count(*) > 1;
CREATE VIEW report.changes AS
SELECT (s.since AT TIME ZONE c.zone)::date AS day, s.since AS changed_at, s.deal_id AS order_id, o.order_number, o.user_id, o.person_name, o.product, o.manager, o.currency, o.cost, o.paid_amount,
       s.before AS from_status, s.status AS to_status, o.run_id, o.export_id
FROM (SELECT deal_id, status, since, lag(status) OVER (PARTITION BY deal_id ORDER BY since) AS before, row_number() OVER (PARTITION BY deal_id ORDER BY since) AS n FROM history.deal_statuses) s
CROSS JOIN (SELECT zone FROM report.clock LIMIT 1) c JOIN report.orders o ON o.order_id = s.deal_id WHERE s.n > 1;
CREATE VIEW report.status_changes AS
SELECT day, from_status, to_status, currency, count(*) AS orders, coalesce(sum(cost), 0.00) AS cost, (SELECT zone FROM report.clock) AS zone FROM report.changes GROUP BY day, from_status, to_status, currency;
CREATE VIEW report.freshness AS
SELECT f.table_name, f.new_rows_as_of, f.changes_as_of, f.from_day, f.to_day, r.id AS run_id, r.state AS run_state, r.loaded_at,
       (SELECT bool_and(c.balanced) FROM journal.certificate c WHERE c.run_id = r.id) AS balanced, (SELECT count(*) FROM journal.reject j WHERE j.run_id = r.id) AS rejects, (SELECT zone FROM report.clock) AS zone
FROM journal.freshness f LEFT JOIN LATERAL (SELECT * FROM journal.run WHERE loaded_at IS NOT NULL ORDER BY loaded_at DESC LIMIT 1) r ON true;

-- What each view answers, and how its figures are defined.
DO $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT * FROM (VALUES
        ('clock', 'Which zone and which day do the reports go by? today: the day of the newest state mirrored (or of gcmirror.as_of) in the account''s zone.'),
        ('excluded_people', 'Who is set apart by report.exclusions, and why?'),
        ('orders', 'Fact: one row per order. Days are those of the account''s zone. set_apart says why an order is not counted: excluded (report.exclusions), false (Ложный), free (cost and paid amount zero); NULL: counted.'),
        ('payments', 'Fact: one row per payment, joined to its order by the order number (the newest order when a number repeats). kind: received (Получен), returned (Возвращен), expected, balance (moves on the balance: not money), other.'),
        ('order_money', 'Payments summed per order; money moved on the balance is not in it.'),
        ('paid_orders', 'Fact: counted orders with a paid amount above zero, with the day their money came.'),
        ('people', 'Fact: one row per person of the base, with registration, place, age and channel.'),
        ('sales', 'Fact: each order on the day of its creation and each received or returned payment on its own day; all figures add up over any dimension. Orders and money of one row belong to different days on purpose.'),
        ('dim_date', 'Dimension: the days, joined by day; weeks begin on Monday.'),
        ('dim_product', 'Dimension: products as the orders name them, joined by product; one text per order however many items it has.'),
        ('dim_manager', 'Dimension: managers, joined by manager; a renamed person is two managers.'),
        ('dim_channel', 'Dimension: the order''s utm source / medium / campaign, joined by channel.'),
        ('revenue_by_day', 'How much money came in per day? Three definitions side by side: net of payments on their day (the one that dates instalments), paid amount of orders by payment date and by creation date, cost of completed orders by creation date. They never agree; see paid_definitions. A row without a day holds what has no date. Days of the account''s zone; one row per currency.'),
        ('revenue_by_week', 'How much money came in per week? revenue_by_day summed; weeks begin on Monday in the account''s zone.'),
        ('revenue_by_month', 'How much money came in per month? revenue_by_day summed; months of the account''s zone.'),
        ('paid_definitions', 'Why do the three definitions of "paid" differ? Per month of creation: completed by status, paid amount above zero, money received less returned; and how many orders satisfy one but not the other.'),
        ('conversion_by_day', 'How many orders were made and how many of them paid? By day of creation in the account''s zone; a young day has not ripened yet. Free, false and excluded orders stand beside, not in.'),
        ('time_to_payment', 'How long from order to payment? Per month of creation, in days of the account''s zone, over paid orders; backdated ones (paid before created) are counted apart.'),
        ('sales_by_product', 'What sells? Orders by day of creation, money by day of payment, per product.'),
        ('sales_by_offer_tag', 'What sells by offer tag? An order with several tags counts once in each: rows do not add up to the total.'),
        ('sales_by_order_channel', 'Which channel brought the order (last touch)? utm of the order.'),
        ('sales_by_person_channel', 'Which channel brought the person (first touch)? utm of the buyer.'),
        ('registrations_by_channel', 'How many people registered per day and channel, and how many bought within 7 and 30 days? Days of the account''s zone.'),
        ('advertising_return', 'What did advertising bring? Expenses of report.ad_expenses against orders and money of the same source and campaign, per month and currency.'),
        ('sales_by_manager', 'What did each manager take in and sell? Orders by day of creation, money by day of payment.'),
        ('manager_plan_and_fact', 'Plan against fact per manager: net money of the month against report.manager_plans.'),
        ('manager_pay', 'What is a manager''s share? Percent of received less returned less fees, per month of payment; a refund after pay-day lowers the month in which it happens. Percent of report.manager_shares, else of report.settings.'),
        ('average_cheque', 'What is the average cheque of new and of returning buyers? Paid orders by month in which their money came; new: the person''s first paid order.'),
        ('debts', 'Who owes how much? Orders paid in part, neither cancelled nor waiting for a return; expected: payments announced for it.'),
        ('money_after_fees', 'What is left after fees, tax and partners'' share? As the orders state it, by month in which the money came; orders without these figures are counted beside.'),
        ('refunds_by_day', 'How much was returned, of which product, by which manager? Payments with status Возвращен by their day in the account''s zone.'),
        ('refund_disagreements', 'Which orders are refunded in one place and not in another? Status, payments and tags (report.settings.refund_tags) side by side.'),
        ('cohorts', 'Do buyers come back? Buyers by month of their first paid order over the whole history; month_no 0 is that month.'),
        ('rfm', 'Who are the best, the new, the sleeping buyers? Recency, frequency and money from 1 to 5 by rank within the currency.'),
        ('launch_curves', 'How does a launch sell day by day against earlier ones? Launches of report.launches; when there are none, each product from its first order. Day 0 is the first day in the account''s zone.'),
        ('funnels', 'How many people reach each step? Steps of report.funnel_steps: groups, custom fields, orders (free ones included), paid orders.'),
        ('groups_by_day', 'How do groups grow and shrink? Joining by its day, leaving by the day the mirror first saw the person outside, in the account''s zone; size is a running sum of what the mirror knows.'),
        ('groups_now', 'How big is each group now?'),
        ('club_renewals', 'How many members renew on the day, a day later, three days later? Clubs of report.clubs: a paid order lasts step_days; day: when it ends.'),
        ('access_without_payment', 'Who has access without having paid? Members of the groups of report.access_rules without a paid order of any product that opens the group. Absence of an order is a hint, not a proof.'),
        ('payment_without_access', 'Who paid and has no access? Paid, not returned orders of report.access_rules whose buyer is in none of the groups the product opens.'),
        ('lesson_funnel', 'How many people reached lesson N, and where do they stop? From groups named after report.settings.lesson_pattern.'),
        ('promo_codes', 'What did promo codes and promotions bring? The discount itself is not exported.'),
        ('partners', 'What did partners bring? The order''s partner and the person''s partner are two kinds: do not add them.'),
        ('geography', 'Where do people and buyers come from? Built-in fields country and city; a row per currency of their orders, empty: bought nothing.'),
        ('age_bands', 'How old are people and buyers? A row per currency of their orders, empty: bought nothing.'),
        ('old_base_and_cold', 'Do sales come from the old base or from cold traffic? Paid orders by the day their money came and by how long the person was known when ordering.'),
        ('payment_systems', 'Which payment systems bring money, and how often does a payment fail to come? By day of creation in the account''s zone.'),
        ('refusal_reasons', 'Why do people refuse? Cancelled and false orders by the custom field named in report.settings.refusal_field.'),
        ('data_quality', 'Can these reports be trusted? What is missing or doubtful, as counts.'),
        ('duplicate_people', 'Who is in the base twice? People sharing a phone number.'),
        ('changes', 'Which orders changed their status? Each change the mirror has seen; day: of the state that showed it, in the account''s zone.'),
        ('status_changes', 'What changed since yesterday? Orders by old and new status and day of the state that showed it, in the account''s zone.'),
        ('freshness', 'How fresh is the mirror? Per table, with the last run that published.'),
        ('settings', 'What the school decides for its reports; one row.'),
        ('exclusions', 'Staff, tests and others that reports set apart. kind: email, email_domain, user, group (name), tag, product, manager; group, product and manager are patterns of ILIKE.'),
        ('ad_expenses', 'Advertising expenses, entered by the school.'),
        ('manager_plans', 'Plans of managers per month, entered by the school.'),
        ('manager_shares', 'Shares of managers in percent where they differ from report.settings.manager_share.'),
        ('launches', 'Launches to compare, entered by the school.'),
        ('clubs', 'Clubs with a regular payment, entered by the school.'),
        ('access_rules', 'Which product opens which group, as patterns of ILIKE.'),
        ('funnel_steps', 'Steps of funnels, entered by the school.')) AS c(name, text)
    LOOP
        EXECUTE format('COMMENT ON %s report.%I IS %L', CASE (SELECT relkind FROM pg_class WHERE oid = ('report.' || v.name)::regclass) WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, v.name, v.text);
    END LOOP;
END $$;
-- One word means the same in every view; where it does not, view.column.
DO $$
DECLARE
    c record;
    words jsonb := jsonb_build_object(
        'active_buyers', 'Buyers of the cohort with a paid order in that month.',
        'age', 'Age as GetCourse counts it.',
        'age_band', 'Age in bands; (unknown) when it is not given or impossible.',
        'amount', 'Amount, always positive.',
        'as_of', 'Moment of the state shown.',
        'at_least', 'Smallest value of the custom field that counts; NULL: any.',
        'average_cheque', 'Paid amount per paid order.',
        'backdated', 'Paid orders whose money came before their creation; not in the median.',
        'balanced', 'Whether every certificate of that run balances: rows and money of the bodies equal the tables.',
        'base', 'Net less fees.',
        'buyer_kind', 'new: the person''s first paid order; returning: a later one; unknown: order without a person.',
        'buyers', 'Different people with a paid order.',
        'buyers_within_30_days', 'Of them, first money at most 30 days after registration.',
        'buyers_within_7_days', 'Of them, first money at most 7 days after registration.',
        'changed_at', 'State of the data that showed the new status first.',
        'changes_as_of', 'Changes of status or payment before this moment are in the mirror.',
        'channel', 'utm source / medium / campaign of the order (of the person in people); (none): no utm. Key of dim_channel.',
        'check_name', 'What was looked for.',
        'city', 'City (built-in field).',
        'club', 'Name of the club.',
        'cohort', 'Month of the first paid order, in the account''s zone.',
        'cohort_buyers', 'People whose first paid order is of that month.',
        'cost', 'Cost of the orders.',
        'counted', 'Whether the row counts: set_apart is NULL.',
        'country', 'Country (built-in field).',
        'created_at', 'Moment of creation.',
        'created_on', 'Day of creation in the account''s zone.',
        'cumulative_net', 'Net money since day 0.',
        'cumulative_orders', 'Orders since day 0.',
        'currency', 'Currency; ?: not known. Never add currencies together.',
        'day', 'Day in the account''s zone. Key of dim_date.',
        'day_no', 'Days since the launch began; 0 is the first.',
        'days_since_money', 'Days from the last money (or the creation) to today of report.clock.',
        'days_to_money', 'Days from creation to the first money; negative: backdated; NULL: undated.',
        'department', 'What stands behind the slash in the order''s manager.',
        'due', 'Paid terms that end on this day.',
        'earned', 'Earned (Заработано), as the order states it.',
        'email', 'E-mail as written.',
        'ends_on', 'Last day.',
        'event', 'order or payment.',
        'excluded_orders', 'Orders set apart by report.exclusions.',
        'excluded_people', 'People set apart by report.exclusions.',
        'expected', 'Amount of payments announced and not received (Ожидается).',
        'expected_group', 'Pattern of the group that should hold the person.',
        'expected_product', 'Pattern of a product that would open the group.') || jsonb_build_object(
        'expense', 'Expenses of report.ad_expenses.',
        'export_id', 'Export whose body holds the row (journal.export).',
        'f_score', 'Frequency: 5 is the most orders.',
        'false_orders', 'Orders with status Ложный: GetCourse''s way of deleting.',
        'fee', 'Fees of the received payments.',
        'first_order_on', 'Day of the first order.',
        'first_received_on', 'Day of the first received payment.',
        'found', 'How many.',
        'free_orders', 'Orders whose cost and paid amount are zero.',
        'from_day', 'First day ever read.',
        'from_status', 'Status before.',
        'funnel', 'Name of the funnel.',
        'group_id', 'Number of the group in GetCourse.',
        'group_name', 'Name of the group.',
        'id', 'Always true: there is one row.',
        'in_payments', 'The payments show a return (Возвращен).',
        'in_status', 'The status shows a return: waiting for it, or cancelled although paid.',
        'in_tags', 'A tag of report.settings.refund_tags shows it.',
        'is_paid', 'Paid amount above zero.',
        'is_won', 'Status Завершен, or part paid when report.settings says that this counts.',
        'joined', 'People who joined on that day.',
        'joined_in_30_days', 'People who joined in the last 30 days of report.clock.',
        'joined_on', 'Day of joining.',
        'kind', 'What it is; see the comment of the table.',
        'known_for', 'How long the person had been registered when the order was made.',
        'last_activity_at', 'Last activity of the person.',
        'last_money_on', 'Day of the last received payment, else of the money.',
        'last_order_on', 'Day of the last order.',
        'last_received_on', 'Day of the last received payment.',
        'launch', 'Name of the launch.',
        'left_group', 'People first seen outside the group on that day.',
        'left_in_30_days', 'People seen leaving in the last 30 days of report.clock.',
        'lesson_no', 'Number of the lesson in the group''s name.',
        'lesson_pattern', 'Regular expression of lesson groups; its bracket is the number.',
        'loaded_at', 'When that run published.',
        'm_score', 'Money: 5 is the largest paid amount.',
        'manager', 'Manager of the order (of the person in people), without the department; (none): nobody. Key of dim_manager.',
        'manager_share', 'Percent of managers without a line in report.manager_shares.',
        'matched_by', 'order: through the order number; email: by the e-mail alone, less sure; empty: payer not found.',
        'meaning', 'What it means for the reports.',
        'median_cheque', 'Paid amount in the middle.',
        'median_days', 'Days in the middle of the dated orders.',
        'members', 'People in the group now.',
        'members_ever', 'People who are or were in it, as far as the mirror knows.',
        'money_on', 'Day the money came: first received payment, else payment date, else creation.') || jsonb_build_object(
        'money_on_from', 'Where money_on is from: payment, payment date, creation.',
        'month', 'First day of the month, in the account''s zone.',
        'month_no', 'Months since the cohort''s first; 0 is that month.',
        'net', 'Received less returned.',
        'new_rows_as_of', 'Rows created before this moment are in the mirror.',
        'not_renewed', 'Terms without any later paid order so far.',
        'note', 'Why.',
        'of_total', 'Of how many.',
        'offer_tag', 'Tag of the offer; (none): the order has none.',
        'offer_tags', 'Tags of the offers.',
        'order_id', 'Number of the order in GetCourse (mirror.deals.id).',
        'order_number', 'Order number as its creator chose it.',
        'order_partner_email', 'E-mail of the order''s partner.',
        'order_partner_id', 'Number of the order''s partner.',
        'order_partner_name', 'Name of the order''s partner.',
        'orders', 'Orders that count, by their creation.',
        'orders_without_figures', 'Paid orders whose fee, tax and earnings are all empty.',
        'other_fees', 'Other fees (partners), as the orders state them.',
        'owed', 'Cost less paid amount.',
        'p90_days', 'Nine of ten dated orders were paid within these days.',
        'paid_amount', 'Paid amount (Оплачено) of the orders.',
        'paid_at', 'Payment date of the order.',
        'paid_not_won', 'Orders paid and not completed.',
        'paid_on', 'Day of the payment date, in the account''s zone; often empty.',
        'paid_on_creation_date', 'Paid amount of orders, on the day of their creation.',
        'paid_on_payment_date', 'Paid amount of orders, on their payment date.',
        'paid_orders', 'Of the orders, those with a paid amount above zero.',
        'paid_within_1_day', 'Of the paid orders, money at most 1 day after creation.',
        'paid_within_30_days', 'Of the paid orders, money at most 30 days after creation.',
        'paid_within_7_days', 'Of the paid orders, money at most 7 days after creation.',
        'paid_without_payments', 'Orders paid by their own figure, without any received payment.',
        'part_payed_is_won', 'Whether part-paid orders count as won.',
        'partner', 'Name of the partner.',
        'partner_email', 'E-mail of the partner.',
        'partner_id', 'Number of the partner.',
        'partner_kind', 'order: of the order; person: of the buyer.',
        'partner_share', 'Percent due to partners, used by the report partners.',
        'pay', 'Base times percent.',
        'payment_number', 'Number of the payment.',
        'payment_system', 'Payment system; (none): not given.',
        'payment_system_fee', 'Fee of the payment system, as the orders state it.',
        'payments', 'Received payments.',
        'people', 'Different people.',
        'people_in_order', 'Of them, those who also reached every earlier step.',
        'percent', 'Share in percent.') || jsonb_build_object(
        'person_name', 'Name of the person.',
        'person_utm_campaign', 'utm_campaign of the person (first touch).',
        'person_utm_medium', 'utm_medium of the person (first touch).',
        'person_utm_source', 'utm_source of the person (first touch).',
        'phone', 'Phone as written.',
        'plan', 'Plan of report.manager_plans.',
        'product', 'What was ordered, as one text; (no title): empty, (no order): payment without one. Key of dim_product.',
        'profit', 'Net less expense.',
        'promo_code', 'Promo code used.',
        'promotion', 'Promotion.',
        'quarter', 'First day of the quarter.',
        'r_score', 'Recency: 5 is the most recent money.',
        'reason', 'Why.',
        'received', 'Received payments (Получен).',
        'received_orders', 'Orders whose payments, less returns, are above zero.',
        'recency_days', 'Days since the last money, to today of report.clock.',
        'refund_tags', 'Tags of orders that mean a refund.',
        'refusal_field', 'Name of the custom field of orders with the reason of refusal (mirror.custom_fields.name).',
        'refusal_reason', 'Value of that field; (not given): empty, or no field is set.',
        'registered_at', 'Moment of registration.',
        'registered_on', 'Day of registration in the account''s zone.',
        'registrations', 'People registered, without excluded ones.',
        'rejects', 'Rejects of that run.',
        'renewed_on_the_day', 'Next paid order not later than this day.',
        'renewed_within_1_day', 'Next paid order at most 1 day later.',
        'renewed_within_30_days', 'Next paid order at most 30 days later.',
        'renewed_within_3_days', 'Next paid order at most 3 days later.',
        'returned', 'Returned payments (Возвращен), as a positive amount.',
        'returned_payments', 'Number of returned payments.',
        'run_id', 'Run that wrote the row (journal.run).',
        'run_state', 'How that run ended.',
        'segment', 'champion, loyal, recent, sleeping (was good, long ago), lost, middle.',
        'set_apart', 'Why the row is not counted; NULL: it is.',
        'set_apart_net', 'Net money of excluded people and orders: not in net.',
        'set_apart_paid', 'Paid amount of excluded and false orders, on their payment date: not in paid_on_payment_date.',
        'size', 'Members after that day, as far as the mirror knows.',
        'starts_on', 'First day.',
        'status', 'Status label as exported.',
        'status_code', 'Code of the status; NULL when the label is not known.',
        'step_days', 'How many days a payment lasts.',
        'step_no', 'Number of the step.',
        'stopped_here', 'People for whom this is the furthest lesson.',
        'table_name', 'Table of the mirror.',
        'tags', 'Tags of the order.',
        'tax', 'Tax, as the orders state it.') || jsonb_build_object(
        'time_zone', 'Zone of the account; a sync writes the configured one.',
        'title', 'Title of the step.',
        'to_day', 'Last day ever read.',
        'to_status', 'Status after.',
        'today', 'Day of the newest state in the account''s zone.',
        'type', 'Kind of payment in GetCourse''s words.',
        'undated', 'Paid orders without a payment and a payment date.',
        'user_id', 'Number of the person in GetCourse (mirror.users.id).',
        'user_ids', 'Numbers of these people.',
        'user_partner_email', 'E-mail of the buyer''s partner.',
        'user_partner_id', 'Number of the buyer''s partner.',
        'user_partner_name', 'Name of the buyer''s partner.',
        'utm_campaign', 'utm_campaign.',
        'utm_medium', 'utm_medium.',
        'utm_source', 'utm_source.',
        'value', 'What is compared.',
        'week', 'Monday of the week, in the account''s zone.',
        'weekday', '1 Monday to 7 Sunday.',
        'won_amount', 'Cost of the completed orders.',
        'won_not_paid', 'Orders completed without a paid amount.',
        'won_on_creation_date', 'Cost of completed orders, on the day of their creation.',
        'won_orders', 'Of the orders, those with status Завершен.',
        'year', 'Year.',
        'zone', 'Zone the days are of.',
        'payments.kind', 'received, returned, expected, balance, other.',
        'payments.net', 'The amount when received, negative when returned, else zero.',
        'payments.fee', 'Fee of the payment.',
        'payments.email', 'Payer''s e-mail of that time.',
        'rfm.orders', 'Paid orders.',
        'cohorts.orders', 'Paid orders in that month.',
        'average_cheque.orders', 'Paid orders.',
        'money_after_fees.orders', 'Paid orders.',
        'old_base_and_cold.orders', 'Paid orders.',
        'status_changes.orders', 'Orders that changed so.',
        'refusal_reasons.orders', 'Cancelled and false orders.',
        'dim_product.orders', 'All orders, set apart or not.',
        'dim_manager.orders', 'All orders, set apart or not.',
        'dim_channel.orders', 'All orders, set apart or not.',
        'duplicate_people.phone', 'Digits of the phone they share.',
        'duplicate_people.email', 'Their e-mails.',
        'access_rules.product', 'Pattern of the product''s title.',
        'access_rules.group_name', 'Pattern of the group''s name.',
        'clubs.product', 'Pattern of the product''s title.',
        'launches.product', 'Pattern of the product''s title.',
        'exclusions.kind', 'email, email_domain, user, group, tag, product, manager.') || jsonb_build_object(
        'funnel_steps.kind', 'group: in or once in a group of that name; field: custom field of the person; order: ordered such a product; paid: paid for it.',
        'funnel_steps.value', 'Pattern of the group''s or product''s name; name of the custom field.',
        'manager_plans.amount', 'Planned net money.',
        'ad_expenses.amount', 'Expense of the day.');
BEGIN
    FOR c IN SELECT k.relname, a.attname, coalesce(words ->> (k.relname || '.' || a.attname), words ->> a.attname) AS text
             FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid WHERE k.relnamespace = 'report'::regnamespace AND k.relkind IN ('v', 'r') AND a.attnum > 0 AND NOT a.attisdropped LOOP
        EXECUTE format('COMMENT ON COLUMN report.%I.%I IS %L', c.relname, c.attname, c.text);
    END LOOP;
END $$;

-- The same views with keyed hashes for people: masks are made by a sync with [masking] key_file set, the key never comes here.
CREATE TABLE journal.mask (
    plain text PRIMARY KEY,
    mask  text NOT NULL
);
COMMENT ON TABLE journal.mask IS 'Keyed hashes of e-mails, phones and names for the schema masked; empty unless [masking] key_file is set.';
COMMENT ON COLUMN journal.mask.plain IS 'The text as the reports show it; empty: fingerprint of the key.';
COMMENT ON COLUMN journal.mask.mask IS 'HMAC-SHA-256 of its normalized form, the first 16 bytes in hex.';
CREATE SCHEMA masked;
COMMENT ON SCHEMA masked IS 'The views of report with keyed hashes instead of e-mails, phones and names; equal people have equal hashes.';
CREATE FUNCTION report.publish_masked() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
    columns text;
BEGIN
    FOR v IN SELECT c.oid, c.relname, obj_description(c.oid) AS text FROM pg_class c WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' ORDER BY c.relname LOOP
        SELECT string_agg(CASE WHEN attname ~ '^(person_name|email|phone|manager|partner|partner_email|(order|user)_partner_(name|email))$'
                               THEN format('CASE WHEN %1$I LIKE ''(%%'' THEN %1$I ELSE (SELECT m.mask FROM journal.mask m WHERE m.plain = %1$I AND m.plain <> '''') END AS %1$I', attname)
                               ELSE quote_ident(attname) END, ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute WHERE attrelid = v.oid AND attnum > 0 AND NOT attisdropped;
        EXECUTE format('CREATE OR REPLACE VIEW masked.%I AS SELECT %s FROM report.%I', v.relname, columns, v.relname);
        EXECUTE format('COMMENT ON VIEW masked.%I IS %L', v.relname, v.text);
    END LOOP;
    FOR v IN SELECT c.relname, a.attname, col_description(a.attrelid, a.attnum) AS text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped LOOP
        EXECUTE format('COMMENT ON COLUMN masked.%I.%I IS %L', v.relname, v.attname, v.text);
    END LOOP;
END $$;
COMMENT ON FUNCTION report.publish_masked() IS 'Makes the views of masked from those of report; a migration that adds or widens a view calls it.';
SELECT report.publish_masked();

-- Who may read. A server that does not let us make roles keeps everything else; doctor says what is missing.
CREATE FUNCTION report.grant_roles() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['gcmirror_reader', 'gcmirror_masked'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 50', r);
                EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', r);
                EXECUTE format('ALTER ROLE %I SET statement_timeout = ''5min''', r);
                EXECUTE format('ALTER ROLE %I SET jit = off', r);              -- compiling these plans takes longer than running them
                EXECUTE format('ALTER ROLE %I SET work_mem = ''64MB''', r);
                EXECUTE format('ALTER ROLE %I SET enable_nestloop = off', r);  -- a range on a computed day looks like few rows, and is not
                EXECUTE format('ALTER ROLE %I SET search_path = %s', r, CASE r WHEN 'gcmirror_reader' THEN 'report, mirror, history' ELSE 'masked' END);
            EXCEPTION
                WHEN insufficient_privilege THEN RAISE NOTICE 'role % was not made: this user may not make roles', r;
                WHEN duplicate_object OR unique_violation THEN NULL;   -- another database of this server made it at the same moment
            END;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_reader') THEN
        GRANT USAGE ON SCHEMA report, mirror, history TO gcmirror_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA report, mirror, history TO gcmirror_reader;
        ALTER DEFAULT PRIVILEGES IN SCHEMA report, mirror, history GRANT SELECT ON TABLES TO gcmirror_reader;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_masked') THEN
        GRANT USAGE ON SCHEMA masked TO gcmirror_masked;
        GRANT SELECT ON ALL TABLES IN SCHEMA masked TO gcmirror_masked;
        ALTER DEFAULT PRIVILEGES IN SCHEMA masked GRANT SELECT ON TABLES TO gcmirror_masked;
    END IF;
END $$;
COMMENT ON FUNCTION report.grant_roles() IS 'Makes gcmirror_reader and gcmirror_masked where they are missing and lets them read what they may.';
SELECT report.grant_roles();
