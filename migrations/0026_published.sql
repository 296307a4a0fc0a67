-- report: the published views on top of the facts, with the same names and columns. Rows that vanished, false orders' money and payments of unknown
-- status are set apart with their reason; a missing date stays missing; medians are medians.
DO $$
DECLARE
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
    orders constant text := '%1$s.order_id, %1$s.order_number, %1$s.user_id, %2$s AS person_name, %3$s.email, %3$s.phone, %1$s.created_on, %1$s.paid_on, %1$s.created_at, %1$s.paid_at, '
        '%1$s.product, %1$s.status, %1$s.status_code, %1$s.cost, %1$s.paid_amount, %1$s.currency, %1$s.payment_system_fee, %1$s.tax, %1$s.other_fees, %1$s.earned, %1$s.manager, %1$s.department, '
        '%1$s.utm_source, %1$s.utm_medium, %1$s.utm_campaign, %1$s.person_utm_source, %1$s.person_utm_medium, %1$s.person_utm_campaign, %1$s.channel, %1$s.payment_system, %1$s.promo_code, %1$s.promotion, '
        '%3$s.order_partner_id, %3$s.order_partner_email, %3$s.order_partner_name, %3$s.user_partner_id, %3$s.user_partner_email, %3$s.user_partner_name, '
        '%3$s.city, coalesce(%3$s.tags, ''{}'') AS tags, coalesce(%3$s.offer_tags, ''{}'') AS offer_tags, %1$s.is_won, %1$s.is_paid, %1$s.set_apart, %1$s.counted, %1$s.run_id, %1$s.export_id, '
        '%1$s.received, %1$s.returned, %1$s.expected, %1$s.payments, %1$s.all_payments, %1$s.first_received_on, %1$s.last_received_on, %1$s.money_on, %1$s.money_on_from, %1$s.buyer_kind';
    payments constant text := '%1$s.payment_number, %1$s.day, %1$s.created_at, %1$s.status, %1$s.status_code, %1$s.kind, %1$s.amount, %1$s.net, %1$s.currency, %1$s.fee, %1$s.type, %1$s.order_id, %1$s.user_id, %1$s.matched_by, '
        '%1$s.product, %1$s.manager, %1$s.department, %1$s.utm_source, %1$s.utm_medium, %1$s.utm_campaign, %1$s.person_utm_source, %1$s.person_utm_medium, %1$s.person_utm_campaign, '
        '%1$s.channel, %1$s.payment_system, %2$s AS person_name, %3$s.email, %1$s.set_apart, %1$s.counted, %1$s.run_id, %1$s.export_id, %1$s.deal_number';
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW report.orders AS SELECT ' || format(orders, 'f', 'd.user_name', 'd') || ' FROM (SELECT * FROM report.fact_orders WHERE %1$s) f LEFT JOIN mirror.deals d ON d.id = f.order_id '
                   'UNION ALL SELECT ' || format(orders, 'h', 'h.person_name', 'h') || ' FROM history.orders_then() h WHERE NOT %1$s', ready);
    EXECUTE format('CREATE OR REPLACE VIEW report.payments AS SELECT ' || format(payments, 'f', 'p.user_name', 'p') || ' FROM (SELECT * FROM report.fact_payments WHERE %1$s) f LEFT JOIN mirror.payments p ON p.number = f.payment_number '
                   'UNION ALL SELECT ' || format(payments, 'h', 'h.person_name', 'h') || ' FROM history.payments_then() h WHERE NOT %1$s', ready);
END $$;
CREATE OR REPLACE VIEW report.order_money AS
SELECT order_id, received, returned, expected, first_received_on, last_received_on, payments FROM report.orders WHERE all_payments > 0;
CREATE OR REPLACE VIEW report.paid_orders AS
SELECT order_id, order_number, user_id, person_name, email, phone, created_on, paid_on, created_at, paid_at, product, status, status_code, cost, paid_amount, currency, payment_system_fee, tax, other_fees, earned,
       manager, department, utm_source, utm_medium, utm_campaign, person_utm_source, person_utm_medium, person_utm_campaign, channel, payment_system, promo_code, promotion,
       order_partner_id, order_partner_email, order_partner_name, user_partner_id, user_partner_email, user_partner_name, city, tags, offer_tags, is_won, is_paid, set_apart, counted, run_id, export_id,
       received, returned, expected, last_received_on, money_on, money_on_from, money_on - created_on AS days_to_money, first_received_on, buyer_kind
FROM report.orders WHERE is_paid AND counted;
CREATE OR REPLACE VIEW report.people AS
SELECT u.id AS user_id, nullif(concat_ws(' ', nullif(u.first_name, ''), nullif(u.last_name, '')), '') AS person_name, u.email, u.phone,
       (u.created_at AT TIME ZONE z.zone)::date AS registered_on, u.created_at AS registered_at, u.last_activity_at,
       coalesce(nullif(btrim(u.country), ''), '(unknown)') AS country, coalesce(nullif(btrim(u.city), ''), '(unknown)') AS city, u.age,
       CASE WHEN u.age IS NULL OR u.age <= 0 OR u.age > 120 THEN '(unknown)' WHEN u.age < 18 THEN 'under 18' WHEN u.age < 25 THEN '18-24' WHEN u.age < 35 THEN '25-34'
            WHEN u.age < 45 THEN '35-44' WHEN u.age < 55 THEN '45-54' WHEN u.age < 65 THEN '55-64' ELSE '65 and over' END AS age_band,
       coalesce(u.utm_source, '') AS utm_source, coalesce(u.utm_medium, '') AS utm_medium, coalesce(u.utm_campaign, '') AS utm_campaign,
       coalesce(nullif(concat_ws(' / ', nullif(u.utm_source, ''), nullif(u.utm_medium, ''), nullif(u.utm_campaign, '')), ''), '(none)') AS channel,
       coalesce(nullif(btrim(u.manager_name), ''), '(none)') AS manager, u.partner_email,
       CASE WHEN u.missing_since IS NOT NULL THEN 'vanished' ELSE 'excluded: ' || x.reason END AS set_apart,
       CASE WHEN x.reason IS NULL AND u.missing_since IS NULL THEN true ELSE false END AS counted, u.run_id, u.export_id
FROM history.users_at u
CROSS JOIN (SELECT zone FROM report.clock LIMIT 1) z
LEFT JOIN report.excluded_people x ON x.user_id = u.id
WHERE (SELECT as_of FROM report.clock LIMIT 1) IS NOT NULL;   -- refuses a moment before history, whichever columns are asked for
CREATE OR REPLACE VIEW report.clock AS
SELECT s.time_zone AS zone, (t.moment AT TIME ZONE s.time_zone)::date AS today, t.moment AS as_of
FROM report.settings s,
     (SELECT coalesce(CASE WHEN history.as_of() IS NOT NULL THEN history.known(history.as_of(), (SELECT moment FROM history.beginning)) END, (SELECT max(as_of) FROM journal.coverage WHERE complete), now()) AS moment) t;

-- Dimensions.
CREATE OR REPLACE VIEW report.dim_date AS
SELECT d::date AS day, date_trunc('week', d)::date AS week, date_trunc('month', d)::date AS month, date_trunc('quarter', d)::date AS quarter,
       extract(year FROM d)::integer AS year, extract(isodow FROM d)::integer AS weekday
FROM (SELECT time_zone AS zone FROM report.settings LIMIT 1) z,
     LATERAL generate_series((least((SELECT first_day FROM report.fact_state), ((SELECT min(created_at) FROM mirror.deals) AT TIME ZONE z.zone)::date, ((SELECT min(created_at) FROM mirror.payments) AT TIME ZONE z.zone)::date,
                                    ((SELECT min(created_at) FROM mirror.users) AT TIME ZONE z.zone)::date, (now() AT TIME ZONE z.zone)::date) - 1)::timestamp,
                             (greatest(((SELECT max(created_at) FROM mirror.payments) AT TIME ZONE z.zone)::date, (now() AT TIME ZONE z.zone)::date + 31))::timestamp, interval '1 day') d;

-- Definitions.
CREATE OR REPLACE VIEW report.paid_definitions AS
SELECT date_trunc('month', created_on)::date AS month, currency, count(*) AS orders,
       count(*) FILTER (WHERE is_won) AS won_orders, count(*) FILTER (WHERE is_paid) AS paid_orders, count(*) FILTER (WHERE coalesce(received, 0) - coalesce(returned, 0) > 0) AS received_orders,
       coalesce(sum(cost) FILTER (WHERE is_won), 0.00) AS won_amount, coalesce(sum(paid_amount), 0.00) AS paid_amount, coalesce(sum(coalesce(received, 0.00) - coalesce(returned, 0.00)), 0.00) AS net,
       count(*) FILTER (WHERE is_won AND NOT is_paid) AS won_not_paid, count(*) FILTER (WHERE is_paid AND NOT is_won) AS paid_not_won,
       count(*) FILTER (WHERE is_paid AND coalesce(received, 0) = 0) AS paid_without_payments
FROM report.orders WHERE counted GROUP BY 1, currency;
CREATE OR REPLACE VIEW report.conversion_by_day AS
SELECT created_on AS day, count(*) FILTER (WHERE counted) AS orders, count(*) FILTER (WHERE counted AND is_paid) AS paid_orders,
       count(*) FILTER (WHERE counted AND is_won) AS won_orders,
       count(*) FILTER (WHERE counted AND is_paid AND money_on - created_on <= 1) AS paid_within_1_day,
       count(*) FILTER (WHERE counted AND is_paid AND money_on - created_on <= 7) AS paid_within_7_days,
       count(*) FILTER (WHERE counted AND is_paid AND money_on - created_on <= 30) AS paid_within_30_days,
       count(*) FILTER (WHERE set_apart = 'free') AS free_orders, count(*) FILTER (WHERE set_apart = 'false') AS false_orders,
       count(*) FILTER (WHERE set_apart LIKE 'excluded:%') AS excluded_orders, (SELECT zone FROM report.clock) AS zone, count(*) FILTER (WHERE set_apart = 'vanished') AS vanished_orders
FROM report.orders GROUP BY created_on;
CREATE OR REPLACE VIEW report.time_to_payment AS
SELECT date_trunc('month', created_on)::date AS month, count(*) AS paid_orders,
       count(*) FILTER (WHERE days_to_money < 0) AS backdated, count(*) FILTER (WHERE days_to_money IS NULL) AS undated,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0) AS median_days,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0) AS p90_days,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0))::numeric, 1) AS median,
       round((percentile_cont(0.9) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0))::numeric, 1) AS p90
FROM report.paid_orders GROUP BY 1;
CREATE OR REPLACE VIEW report.registrations_by_channel AS
SELECT p.registered_on AS day, p.utm_source, p.utm_medium, p.utm_campaign, count(*) FILTER (WHERE p.counted) AS registrations,
       count(*) FILTER (WHERE p.counted AND b.money_on - p.registered_on <= 7) AS buyers_within_7_days,
       count(*) FILTER (WHERE p.counted AND b.money_on - p.registered_on <= 30) AS buyers_within_30_days,
       count(*) FILTER (WHERE p.counted AND b.user_id IS NOT NULL) AS buyers,
       count(*) FILTER (WHERE p.set_apart LIKE 'excluded:%') AS excluded_people, (SELECT zone FROM report.clock) AS zone, count(*) FILTER (WHERE p.set_apart = 'vanished') AS vanished_people
FROM report.people p LEFT JOIN (SELECT user_id, money_on FROM report.orders WHERE is_paid AND counted AND buyer_kind = 'new') b ON b.user_id = p.user_id
GROUP BY p.registered_on, p.utm_source, p.utm_medium, p.utm_campaign;
-- The middle of two is their mean: the lower and the upper middle, without leaving numeric.
CREATE OR REPLACE VIEW report.average_cheque AS
SELECT date_trunc('month', money_on)::date AS month, currency, buyer_kind, count(DISTINCT user_id) AS buyers, count(*) AS orders, sum(paid_amount) AS paid_amount,
       round(avg(paid_amount), 2) AS average_cheque,
       round((percentile_disc(0.5) WITHIN GROUP (ORDER BY paid_amount) + percentile_disc(0.5) WITHIN GROUP (ORDER BY paid_amount DESC)) / 2, 2) AS median_cheque
FROM report.paid_orders GROUP BY 1, currency, buyer_kind;
CREATE OR REPLACE VIEW report.debts AS
SELECT order_id, order_number, user_id, person_name, email, phone, product, manager, currency, status, cost, paid_amount, cost - paid_amount AS owed,
       coalesce(expected, 0.00) AS expected, created_on, coalesce(last_received_on, paid_on) AS last_money_on,
       (SELECT today FROM report.clock) - coalesce(last_received_on, paid_on) AS days_since_money, run_id, export_id
FROM report.paid_orders
WHERE paid_amount < cost AND coalesce(status_code, '') NOT IN ('cancelled', 'false', 'waiting_for_return');
CREATE OR REPLACE VIEW report.refund_disagreements AS
SELECT order_id, order_number, user_id, person_name, email, product, manager, currency, status, paid_amount, coalesce(received, 0.00) AS received, coalesce(returned, 0.00) AS returned,
       in_status, in_payments, in_tags, created_on, run_id, export_id
FROM (
    SELECT r.*, coalesce(status_code = 'waiting_for_return', false) OR (coalesce(status_code = 'cancelled', false) AND coalesce(paid_amount, 0) > 0) AS in_status,
           coalesce(returned, 0) > 0 AS in_payments, tags && (SELECT refund_tags FROM report.settings) AS in_tags
    FROM report.orders r WHERE coalesce(set_apart, '') NOT LIKE 'excluded:%' AND coalesce(set_apart, '') <> 'vanished'
) o
WHERE NOT (in_status = in_payments AND in_payments = in_tags);
CREATE OR REPLACE VIEW report.cohorts AS
WITH money AS (
    SELECT user_id, currency, paid_amount, date_trunc('month', money_on)::date AS month, date_trunc('month', min(money_on) OVER (PARTITION BY user_id, currency))::date AS cohort
    FROM report.paid_orders WHERE user_id IS NOT NULL
), months AS (SELECT cohort, currency, month, count(DISTINCT user_id) AS active_buyers, count(*) AS orders, sum(paid_amount) AS paid_amount FROM money GROUP BY cohort, currency, month),
sizes AS (SELECT cohort, currency, count(DISTINCT user_id) AS cohort_buyers FROM money GROUP BY cohort, currency)
SELECT m.cohort, m.currency, (extract(year FROM m.month)::integer - extract(year FROM m.cohort)::integer) * 12 + extract(month FROM m.month)::integer - extract(month FROM m.cohort)::integer AS month_no,
       s.cohort_buyers, m.active_buyers, m.orders, m.paid_amount
FROM months m JOIN sizes s ON s.currency = m.currency AND s.cohort IS NOT DISTINCT FROM m.cohort;
CREATE OR REPLACE VIEW report.rfm AS
SELECT r.user_id, p.person_name, p.email, p.phone, r.currency, r.last_money_on, r.recency_days, r.orders, r.paid_amount, r.r_score, r.f_score, r.m_score,
       CASE WHEN r.last_money_on IS NULL THEN 'without a date' WHEN r.r_score >= 4 AND r.f_score >= 4 AND r.m_score >= 4 THEN 'champion' WHEN r.r_score >= 4 AND r.f_score >= 4 THEN 'loyal' WHEN r.r_score >= 4 THEN 'recent'
            WHEN r.r_score <= 2 AND (r.f_score >= 4 OR r.m_score >= 4) THEN 'sleeping' WHEN r.r_score <= 2 THEN 'lost' ELSE 'middle' END AS segment
FROM (
    SELECT b.*, least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency ORDER BY last_money_on NULLS FIRST)))::integer AS r_score,
           least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency ORDER BY orders)))::integer AS f_score,
           least(5, 1 + floor(5 * percent_rank() OVER (PARTITION BY currency ORDER BY paid_amount)))::integer AS m_score
    FROM (SELECT user_id, currency, max(coalesce(last_received_on, money_on)) AS last_money_on, (SELECT today FROM report.clock) - max(coalesce(last_received_on, money_on)) AS recency_days,
                 count(*) AS orders, sum(paid_amount) AS paid_amount
          FROM report.paid_orders WHERE user_id IS NOT NULL GROUP BY user_id, currency) b
) r LEFT JOIN report.people p ON p.user_id = r.user_id;
CREATE OR REPLACE VIEW report.access_without_payment AS
SELECT DISTINCT g.id AS group_id, g.name AS group_name, m.user_id, p.person_name, p.email, p.phone, m.joined_on, r.product AS expected_product
FROM report.access_rules r JOIN history.groups_at g ON g.name ILIKE r.group_name JOIN history.memberships_at m ON m.group_id = g.id AND m.left_seen_at IS NULL
JOIN report.people p ON p.user_id = m.user_id AND p.counted
WHERE NOT EXISTS (SELECT FROM report.access_rules r2 JOIN report.orders o ON o.product ILIKE r2.product
                  WHERE r2.group_name = r.group_name AND o.user_id = m.user_id AND o.is_paid AND coalesce(o.set_apart, '') <> 'vanished' AND coalesce(o.status_code, '') NOT IN ('cancelled', 'false'));
CREATE OR REPLACE VIEW report.lesson_funnel AS
WITH named AS (
    SELECT g.id, g.name, (regexp_match(g.name, (SELECT lesson_pattern FROM report.settings), 'i'))[1] AS number FROM history.groups_at g WHERE g.name ~* (SELECT lesson_pattern FROM report.settings)
), lesson AS (
    SELECT id, name, CASE WHEN number ~ '^[0-9]{1,9}$' THEN number::integer END AS lesson_no FROM named
), reached AS (
    SELECT l.lesson_no, m.user_id FROM lesson l JOIN history.memberships_at m ON m.group_id = l.id
    WHERE l.lesson_no IS NOT NULL AND NOT EXISTS (SELECT FROM report.excluded_people x WHERE x.user_id = m.user_id) GROUP BY l.lesson_no, m.user_id
), furthest AS (SELECT user_id, max(lesson_no) AS lesson_no FROM reached GROUP BY user_id),
stopped AS (SELECT lesson_no, count(*) AS people FROM furthest GROUP BY lesson_no)
SELECT r.lesson_no, (SELECT min(l.name) FROM lesson l WHERE l.lesson_no = r.lesson_no) AS group_name, count(*) AS people,
       coalesce((SELECT s.people FROM stopped s WHERE s.lesson_no = r.lesson_no), 0) AS stopped_here
FROM reached r GROUP BY r.lesson_no;
-- A person stands in one row, that of the first of their currencies: people and buyers add up, money stays by currency.
CREATE OR REPLACE VIEW report.geography AS
SELECT p.country, p.city, coalesce(b.currency, '') AS currency, count(*) FILTER (WHERE b.first IS NOT FALSE) AS people, count(*) FILTER (WHERE b.first) AS buyers,
       coalesce(sum(b.orders), 0)::bigint AS paid_orders, coalesce(sum(b.paid_amount), 0.00) AS paid_amount
FROM report.people p LEFT JOIN (SELECT user_id, currency, count(*) AS orders, sum(paid_amount) AS paid_amount, row_number() OVER (PARTITION BY user_id ORDER BY currency) = 1 AS first
                                FROM report.paid_orders GROUP BY user_id, currency) b ON b.user_id = p.user_id
WHERE p.counted GROUP BY p.country, p.city, b.currency;
CREATE OR REPLACE VIEW report.age_bands AS
SELECT p.age_band, coalesce(b.currency, '') AS currency, count(*) FILTER (WHERE b.first IS NOT FALSE) AS people, count(*) FILTER (WHERE b.first) AS buyers,
       coalesce(sum(b.orders), 0)::bigint AS paid_orders, coalesce(sum(b.paid_amount), 0.00) AS paid_amount
FROM report.people p LEFT JOIN (SELECT user_id, currency, count(*) AS orders, sum(paid_amount) AS paid_amount, row_number() OVER (PARTITION BY user_id ORDER BY currency) = 1 AS first
                                FROM report.paid_orders GROUP BY user_id, currency) b ON b.user_id = p.user_id
WHERE p.counted GROUP BY p.age_band, b.currency;
CREATE OR REPLACE VIEW report.data_quality AS
WITH o AS (
    SELECT count(*) FILTER (WHERE counted) AS counted, count(*) FILTER (WHERE counted AND channel = '(none)') AS no_utm, count(*) FILTER (WHERE counted AND manager = '(none)') AS no_manager,
           count(*) FILTER (WHERE counted AND coalesce(phone, '') = '') AS no_phone, count(*) FILTER (WHERE counted AND is_paid) AS paid, count(*) FILTER (WHERE counted AND is_paid AND paid_on IS NULL) AS no_paid_on,
           count(*) FILTER (WHERE counted AND is_paid AND coalesce(received, 0) = 0) AS no_payments, count(*) FILTER (WHERE status_code IS NULL AND set_apart IS DISTINCT FROM 'vanished') AS no_status,
           count(*) FILTER (WHERE currency = '?' AND set_apart IS DISTINCT FROM 'vanished') AS no_currency, count(*) FILTER (WHERE set_apart IS DISTINCT FROM 'vanished') AS present,
           count(*) FILTER (WHERE set_apart = 'vanished') AS vanished, count(*) AS orders, count(order_number) - count(DISTINCT order_number) AS more_than_once, count(DISTINCT order_number) AS numbers
    FROM report.orders
), p AS (
    SELECT count(*) FILTER (WHERE order_id IS NULL AND set_apart IS DISTINCT FROM 'vanished') AS no_order, count(*) FILTER (WHERE set_apart IS DISTINCT FROM 'vanished') AS present,
           count(*) FILTER (WHERE set_apart = 'vanished') AS vanished, count(*) FILTER (WHERE kind = 'other' AND set_apart IS DISTINCT FROM 'vanished') AS no_status, count(*) AS payments
    FROM report.payments
), twice AS (SELECT count(*) AS numbers FROM (SELECT FROM report.orders WHERE order_number IS NOT NULL GROUP BY order_number HAVING count(*) > 1) n),
d AS (SELECT coalesce(sum(people), 0)::bigint AS people FROM (SELECT count(*) AS people FROM history.users_at WHERE coalesce(phone_key, '') <> '' GROUP BY phone_key HAVING count(*) > 1) n)
SELECT c.check_name, c.found, c.of_total, c.meaning
FROM o, p, twice, d, LATERAL (VALUES
    (1, 'orders without utm', o.no_utm, o.counted, 'cannot be credited to a channel'),
    (2, 'orders without a manager', o.no_manager, o.counted, 'nobody answers for them'),
    (3, 'orders without a phone', o.no_phone, o.counted, 'the buyer cannot be called'),
    (4, 'paid orders without a payment date', o.no_paid_on, o.paid, 'missing in revenue by payment date; see paid_on_payment_date without a day'),
    (5, 'paid orders without payments', o.no_payments, o.paid, 'money that the payments do not know'),
    (6, 'orders of unknown status', o.no_status, o.present, 'a label that is not in the vocabulary'),
    (7, 'orders of unknown currency', o.no_currency, o.present, 'counted under ?'),
    (8, 'payments without an order', p.no_order, p.present, 'their number is no order of the mirror'),
    (9, 'order numbers used twice', twice.numbers, o.numbers, 'their payments are credited to the newest order'),
    (10, 'people sharing a phone', d.people, (SELECT count(*) FROM history.users_at), 'probably one person; see duplicate_people'),
    (11, 'orders that vanished', o.vanished, o.orders, 'two complete windows lacked them; set apart in all reports'),
    (12, 'payments that vanished', p.vanished, p.payments, 'two complete windows lacked them; set apart in all reports'),
    (13, 'cells and rows rejected', (SELECT count(*) FROM journal.reject WHERE closed_at IS NULL), (SELECT coalesce(sum(j.rows), 0)::bigint FROM journal.certificate j), 'kept in journal.reject with their text'),
    (14, 'payments of unknown status', p.no_status, p.present, 'set apart in all reports: whether they are money is not known')) c(n, check_name, found, of_total, meaning)
ORDER BY c.n;
-- A change and the run that brought it: a version begins when the one before ends.
CREATE OR REPLACE VIEW report.changes AS
SELECT (v.valid_from AT TIME ZONE c.zone)::date AS day, v.valid_from AS changed_at, v.id AS order_id, o.order_number, o.user_id, o.person_name, o.product, o.manager, o.currency, o.cost, o.paid_amount,
       b.status AS from_status, v.status AS to_status, v.run_id, v.export_id
FROM history.deals b
JOIN (SELECT id, status, valid_from, run_id, export_id FROM mirror.deals UNION ALL SELECT id, status, valid_from, run_id, export_id FROM history.deals) v ON v.id = b.id AND v.valid_from = b.valid_to
CROSS JOIN (SELECT zone FROM report.clock LIMIT 1) c
JOIN report.orders o ON o.order_id = v.id
WHERE v.status IS DISTINCT FROM b.status;

-- Tags as rows, for tools that cannot filter lists.
CREATE VIEW report.order_tags AS SELECT o.order_id, t.tag FROM report.orders o CROSS JOIN LATERAL unnest(o.tags) t(tag);
CREATE VIEW report.order_offer_tags AS SELECT o.order_id, t.tag FROM report.orders o CROSS JOIN LATERAL unnest(o.offer_tags) t(tag);
COMMENT ON VIEW report.order_tags IS 'Tags of the orders, one a row; joined by order_id.';
COMMENT ON VIEW report.order_offer_tags IS 'Tags of the offers of the orders, one a row; joined by order_id.';

-- What the new columns and tables are.
DO $$
DECLARE
    c record;
    words jsonb := jsonb_build_object(
        'received', 'Received payments (Получен).', 'returned', 'Returned payments (Возвращен), as a positive amount.', 'expected', 'Payments announced (Ожидается).',
        'payments', 'Received payments.', 'all_payments', 'Payments of any status.', 'first_received_on', 'Day of the first received payment.', 'last_received_on', 'Day of the last received payment.',
        'money_on', 'Day the money came: first received payment, else payment date; empty: neither is known.', 'money_on_from', 'Where money_on is from: payment, payment date, none.',
        'buyer_kind', 'new: the person''s first paid order; returning: a later one; unknown: nobody knows whose; empty: not paid or not counted.',
        'deal_number', 'Order number the payment names.', 'vanished_orders', 'Orders that GetCourse no longer shows.', 'vanished_people', 'People that GetCourse no longer shows.',
        'median', 'Days in the middle of the dated orders; of two middles the mean.', 'p90', 'Nine of ten dated orders were paid within these days, interpolated.',
        'tag', 'One tag.', 'reason', 'Why.', 'user_id', 'Number of the person in GetCourse (mirror.users.id).', 'order_id', 'Number of the order in GetCourse (mirror.deals.id).',
        'set_apart', 'Why the row is not counted: vanished, excluded, false, free, unknown status; NULL: it is.',
        'reader_role', 'Role that reads everything.', 'masked_role', 'Role that reads the masked views.',
        'id', 'Always true: one row.', 'stale', 'Whether rows changed since the facts were written: then the rows themselves answer.', 'rebuild', 'Whether all facts have to be written anew.',
        'stale_in', 'Transaction that changed rows first.', 'made_at', 'When the facts were written last.', 'orders', 'Orders, about.', 'first_day', 'Earliest day of any fact.');
BEGIN
    FOR c IN SELECT k.relname, n.nspname, k.relkind, a.attname, col_description(k.oid, a.attnum) AS old,
                    coalesce(CASE WHEN k.relname IN ('fact_orders', 'order_facts', 'orders') THEN (SELECT col_description(o.attrelid, o.attnum) FROM pg_attribute o WHERE o.attrelid = 'report.orders'::regclass AND o.attname = a.attname)
                                  WHEN k.relname IN ('fact_payments', 'payment_facts') THEN (SELECT col_description(o.attrelid, o.attnum) FROM pg_attribute o WHERE o.attrelid = 'report.payments'::regclass AND o.attname = a.attname) END,
                             words ->> a.attname) AS text
             FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid JOIN pg_namespace n ON n.oid = k.relnamespace
             WHERE a.attnum > 0 AND NOT a.attisdropped AND ((n.nspname = 'report' AND k.relkind IN ('v', 'r')) OR (n.nspname = 'history' AND k.relname IN ('order_facts', 'payment_facts'))) LOOP
        IF c.old IS NULL OR (c.relkind = 'v' AND c.attname IN ('money_on', 'money_on_from', 'set_apart')) THEN
            EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', c.nspname, c.relname, c.attname, CASE WHEN c.attname IN ('money_on', 'money_on_from', 'set_apart') THEN words ->> c.attname ELSE coalesce(c.text, words ->> c.attname) END);
        END IF;
    END LOOP;
END $$;
COMMENT ON TABLE report.fact_state IS 'Whether the facts follow from the rows; one row.';
COMMENT ON TABLE report.fact_excluded IS 'People set apart by report.exclusions, as the facts know them.';
COMMENT ON TABLE report.fact_orders IS 'report.orders kept ready: written by each load for the orders it touched.';
COMMENT ON TABLE report.fact_payments IS 'report.payments kept ready: written by each load for the payments it touched.';
COMMENT ON COLUMN report.age_bands.people IS 'Different people; one with orders in several currencies stands in one row only.';
COMMENT ON COLUMN report.geography.people IS 'Different people; one with orders in several currencies stands in one row only.';
COMMENT ON COLUMN report.debts.days_since_money IS 'Days since the last money, to today of report.clock; empty: its date is not known.';
COMMENT ON COLUMN report.changes.run_id IS 'Run that brought the change (journal.run).';
COMMENT ON COLUMN report.changes.export_id IS 'Export that brought the change.';

DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['gcmirror_reader', 'gcmirror_masked'] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r);
        BEGIN
            EXECUTE format('ALTER ROLE %I RESET enable_nestloop', r);
        EXCEPTION WHEN OTHERS THEN NULL;   -- not ours to change, or just being changed by another school's migration
        END;
    END LOOP;
END $$;
SELECT report.publish_masked(), report.grant_roles(), report.apply_settings(), report.refresh_facts();
