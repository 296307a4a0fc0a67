-- report: what stands under every report (what is set apart, what has no date) is read from indexes alone; joins lie within the branch of the facts, where
-- an index can serve them; what is made once for a currency is not made for each row.
CREATE OR REPLACE FUNCTION report.index_facts() RETURNS void LANGUAGE plpgsql SET maintenance_work_mem = '128MB' AS $$
DECLARE
    k record;
BEGIN
    -- an index that holds all that is asked for need not fetch the rows; the key is always asked for, by the join that the planner has removed
    FOR k IN SELECT * FROM (VALUES
        ('fact_orders_created_on', 'fact_orders (created_on)'), ('fact_orders_paid_on', 'fact_orders (paid_on) WHERE is_paid'), ('fact_orders_money_day', 'fact_orders (money_on) INCLUDE (order_id, user_id, currency, paid_amount, created_on, buyer_kind) WHERE is_paid AND counted'),
        ('fact_orders_first', 'fact_orders (user_id) INCLUDE (money_on) WHERE buyer_kind = ''new'''), ('fact_orders_of_buyer', 'fact_orders (user_id) INCLUDE (order_id, currency, money_on, paid_amount, buyer_kind) WHERE is_paid AND counted'),
        -- what stands under every report of money, what is set apart and what has no date, is few rows
        ('fact_orders_set_apart', 'fact_orders (created_on) INCLUDE (order_id, paid_on, money_on, set_apart, currency, paid_amount) WHERE NOT counted'),
        ('fact_orders_without_money_on', 'fact_orders (currency) INCLUDE (order_id, paid_amount) WHERE counted AND paid_amount <> 0 AND money_on IS NULL'),
        ('fact_orders_without_paid_on', 'fact_orders (currency) INCLUDE (order_id, paid_amount) WHERE counted AND paid_amount <> 0 AND paid_on IS NULL'),
        ('fact_orders_of_nobody', 'fact_orders (money_on) INCLUDE (order_id, currency, paid_amount) WHERE is_paid AND counted AND user_id IS NULL'),
        ('fact_orders_owed', 'fact_orders (created_on) WHERE is_paid AND counted AND paid_amount < cost'),
        ('fact_orders_partner', 'fact_orders (created_on) WHERE order_partner_id <> '''' OR order_partner_email <> '''' OR order_partner_name <> '''' OR user_partner_id <> '''' OR user_partner_email <> '''' OR user_partner_name <> '''''),
        ('fact_buyers_first', 'fact_buyers (first_money_on)'), ('fact_buyers_last', 'fact_buyers (last_money_on)'),
        ('fact_changes_day', 'fact_changes (day)'),
        ('fact_payments_day', 'fact_payments (day)'), ('fact_payments_apart_of', 'fact_payments (user_id) WHERE set_apart IS NOT NULL'),
        ('fact_payments_set_apart', 'fact_payments (day) INCLUDE (payment_number, counted, kind, set_apart, status, currency, amount) WHERE NOT counted OR kind <> ALL (''{received,returned}'')')) v(name, what) LOOP
        IF to_regclass('report.' || k.name) IS NULL THEN EXECUTE format('CREATE INDEX %I ON report.%s', k.name, k.what); END IF;
    END LOOP;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM report.fact_orders) THEN PERFORM report.index_facts(); END IF;
END $$;

DO $$
DECLARE
    ready constant text := '(SELECT CASE WHEN history.as_of() IS NULL THEN NOT s.stale ELSE history.known(history.as_of(), (SELECT moment FROM history.beginning)) IS NULL END FROM report.fact_state s)';
    columns constant text := 'c.day, c.changed_at, c.order_id, o.order_number, o.user_id, %s, o.product, o.manager, o.currency, o.cost, o.paid_amount, c.from_status, c.to_status, c.run_id, c.export_id';
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW report.changes AS SELECT ' || format(columns, 'd.user_name AS person_name') || ' FROM report.fact_changes c JOIN report.fact_orders o ON o.order_id = c.order_id LEFT JOIN mirror.deals d ON d.id = c.order_id WHERE %1$s '
                   'UNION ALL SELECT ' || format(columns, 'o.person_name') || ' FROM history.changes_then() c JOIN history.orders_then() o ON o.order_id = c.order_id WHERE NOT %1$s', ready);
END $$;

-- Where the fifths of a currency end is found by sorting its values alone, not all rows thrice: a score is how many of the ends lie below.
CREATE OR REPLACE VIEW report.rfm_scores AS
WITH b AS MATERIALIZED (SELECT user_id, currency, last_money_on, orders, paid_amount FROM report.buyers),
-- once for each currency: laid beside the rows they would be made for each row
n AS MATERIALIZED (
    SELECT c.currency, ARRAY(SELECT (ceil(k * (c.people - 1) / 5.0) - 0.5)::float8 / c.people FROM generate_series(1, 4) k) AS places
    FROM (SELECT currency, count(*) AS people FROM b GROUP BY currency HAVING count(*) > 1) c
),
-- place k of 5 begins behind the value that k fifths of the others do not exceed
ends AS (
    SELECT b.currency, percentile_disc(n.places) WITHIN GROUP (ORDER BY coalesce(b.last_money_on, '-infinity')) AS r, percentile_disc(n.places) WITHIN GROUP (ORDER BY b.orders) AS f,
           percentile_disc(n.places) WITHIN GROUP (ORDER BY b.paid_amount) AS m
    FROM b JOIN n ON n.currency = b.currency GROUP BY b.currency, n.places
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
d AS (SELECT coalesce(sum(people) FILTER (WHERE people > 1 AND phone <> ''), 0)::bigint AS people, coalesce(sum(people), 0)::bigint AS all_people
      FROM (SELECT coalesce(phone_key, '') AS phone, count(*) AS people FROM history.users_at GROUP BY 1) n),
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
    (10, 'people sharing a phone', d.people, d.all_people, 'probably one person; see duplicate_people'),
    (11, 'orders that vanished', o.vanished, o.orders, 'two complete windows lacked them; set apart in all reports'),
    (12, 'payments that vanished', p.vanished, p.payments, 'two complete windows lacked them; set apart in all reports'),
    (13, 'cells and rows rejected', (SELECT count(*) FROM journal.reject WHERE closed_at IS NULL), (SELECT coalesce(sum(j.rows), 0)::bigint FROM journal.certificate j), 'kept in journal.reject with their text'),
    (14, 'payments of unknown status', p.no_status, p.present, 'set apart in all reports: whether they are money is not known'),
    (15, 'people that vanished', m.people, d.all_people, 'two complete windows lacked them'),
    (16, 'rows missing once', m.once, NULL, 'one complete window lacked them; counted as before until a second one does, see journal.missing_now'),
    (17, 'rows of refused bodies', (SELECT coalesce(sum(r.rows), 0)::bigint FROM journal.refused_now r), NULL, 'not in the tables; gcmirror export list names the bodies and why'),
    (18, 'values that do not fit their field', (SELECT coalesce(sum(f.misfits), 0)::bigint FROM mirror.custom_fields f), NULL, 'empty in the wide view, and text in a column beside it'))
    c(n, check_name, found, of_total, meaning)
ORDER BY c.n;
-- Orders and payments are laid together by launch at once, not by product before; a launch is a number while it is sorted, since texts cost more.
CREATE OR REPLACE VIEW report.launch_curves AS
WITH sold AS MATERIALIZED (
    SELECT created_on AS day, product, currency, count(*) AS orders, count(*) FILTER (WHERE is_paid) AS paid_orders, 0.00 AS net FROM report.orders WHERE counted GROUP BY created_on, product, currency
    UNION ALL
    SELECT day, product, currency, 0, 0, coalesce(sum(net), 0.00) FROM report.payments WHERE counted AND kind IN ('received', 'returned') GROUP BY day, product, currency
), launch AS MATERIALIZED (
    SELECT dense_rank() OVER (ORDER BY l.launch COLLATE "C") AS no, l.launch, l.product, l.starts_on, l.ends_on
    FROM (SELECT l.launch, p.product, l.starts_on, l.ends_on FROM report.launches l JOIN (SELECT DISTINCT product FROM sold) p ON p.product = l.product OR p.product ILIKE l.product
          UNION ALL
          SELECT product, product, min(day) FILTER (WHERE orders > 0), 'infinity' FROM sold WHERE NOT EXISTS (SELECT FROM report.launches) GROUP BY product) l
), days AS (
    SELECT l.no, l.starts_on, s.day, s.currency, sum(s.orders)::bigint AS orders, sum(s.paid_orders)::bigint AS paid_orders, sum(s.net) AS net
    FROM launch l JOIN sold s ON s.product = l.product AND s.day BETWEEN l.starts_on AND l.ends_on
    GROUP BY l.no, l.starts_on, s.day, s.currency
), sums AS (
    SELECT d.*, sum(d.orders) OVER sofar AS cumulative_orders, sum(d.net) OVER sofar AS cumulative_net FROM days d WINDOW sofar AS (PARTITION BY d.no, d.currency COLLATE "C" ORDER BY d.day)
)
SELECT n.launch, s.day - s.starts_on AS day_no, s.day, s.currency, s.orders, s.paid_orders, s.net, s.cumulative_orders, s.cumulative_net
FROM sums s JOIN (SELECT DISTINCT no, launch FROM launch) n ON n.no = s.no;

SELECT report.publish_masked(), report.grant_roles();
