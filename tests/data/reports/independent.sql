-- What every report with a range must say, by mirror.* alone and without the published views. First what is counted, written anew:
CREATE TEMP TABLE nobody AS SELECT id FROM mirror.users WHERE id = 101 OR split_part(email_key, '@', 2) = 'school.example';
CREATE TEMP TABLE present AS
SELECT d.*, (d.created_at AT TIME ZONE 'Europe/Moscow')::date AS made, (d.paid_at AT TIME ZONE 'Europe/Moscow')::date AS dated,
       coalesce(m.first_day, (d.paid_at AT TIME ZONE 'Europe/Moscow')::date) AS came, m.last_day, m.received - m.returned AS net, m.returned
FROM mirror.deals d LEFT JOIN LATERAL (
    SELECT (min(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE 'Europe/Moscow')::date AS first_day, (max(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE 'Europe/Moscow')::date AS last_day,
           coalesce(sum(p.amount) FILTER (WHERE p.status_code = 'accepted'), 0) AS received, coalesce(sum(p.amount) FILTER (WHERE p.status_code = 'returned'), 0) AS returned
    FROM mirror.payments p WHERE p.deal_number = d.number AND p.missing_since IS NULL) m ON true
WHERE d.missing_since IS NULL AND NOT 'тест' = ANY (d.tags) AND d.user_id IS DISTINCT FROM 101 AND split_part(coalesce(d.email_key, ''), '@', 2) <> 'school.example';
CREATE TEMP TABLE o AS SELECT * FROM present WHERE (coalesce(cost, 0) > 0 OR coalesce(paid_amount, 0) > 0) AND status_code IS DISTINCT FROM 'false';
CREATE TEMP TABLE refused AS SELECT * FROM o WHERE status_code = 'cancelled' UNION ALL SELECT * FROM present WHERE status_code = 'false';
CREATE TEMP TABLE paid AS SELECT * FROM o WHERE paid_amount > 0;
CREATE TEMP TABLE p AS
SELECT p.*, (p.created_at AT TIME ZONE 'Europe/Moscow')::date AS day, CASE p.status_code WHEN 'returned' THEN -p.amount ELSE p.amount END AS net, d.content
FROM mirror.payments p LEFT JOIN mirror.deals d ON d.number = p.deal_number AND d.missing_since IS NULL
WHERE p.missing_since IS NULL AND p.status_code IN ('accepted', 'returned', 'expected') AND (d.id IS NULL OR (coalesce(d.status_code, '') <> 'false' AND NOT 'тест' = ANY (d.tags)))
  AND NOT EXISTS (SELECT FROM nobody x WHERE x.id = coalesce(d.user_id, (SELECT u.id FROM mirror.users u WHERE u.email_key = p.email_key AND u.missing_since IS NULL)));
CREATE TEMP TABLE money AS SELECT * FROM p WHERE status_code <> 'expected';
CREATE TEMP TABLE buyers AS SELECT user_id, currency, min(came) AS first_day, max(coalesce(last_day, came)) AS last_day, count(*) AS orders, sum(paid_amount) AS paid_amount FROM paid WHERE user_id IS NOT NULL GROUP BY 1, 2;
CREATE TEMP TABLE people AS SELECT user_id, min(came) AS first_day FROM paid WHERE user_id IS NOT NULL GROUP BY 1;
-- Then a line per figure: report, column, and the query with its range as $1 and $2.
-- access_without_payment count: SELECT count(*) FROM mirror.memberships m WHERE m.group_id = 51 AND m.left_seen_at IS NULL AND m.joined_on BETWEEN $1 AND $2 AND NOT EXISTS (SELECT FROM mirror.deals d WHERE d.user_id = m.user_id AND d.content = 'Курс Б' AND d.paid_amount > 0 AND d.status_code NOT IN ('cancelled', 'false') AND d.missing_since IS NULL)
-- advertising_return net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- advertising_return expense: SELECT sum(amount) FROM report.ad_expenses WHERE day BETWEEN $1 AND $2
-- average_cheque orders: SELECT count(*) FROM paid WHERE came BETWEEN $1 AND $2
-- average_cheque paid_amount: SELECT sum(paid_amount) FROM paid WHERE came BETWEEN $1 AND $2
-- abc_buyers paid_amount: SELECT sum(paid_amount) FROM paid WHERE came BETWEEN $1 AND $2
-- abc_products net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- changes count: SELECT count(*) FROM history.deals h JOIN mirror.deals d USING (id) WHERE h.status <> d.status AND (h.valid_to AT TIME ZONE 'Europe/Moscow')::date BETWEEN $1 AND $2
-- channel_value paid_amount: SELECT sum(o.paid_amount) FROM paid o LEFT JOIN people b ON b.user_id = o.user_id WHERE coalesce(b.first_day, CASE WHEN o.user_id IS NULL THEN o.came END) BETWEEN $1 AND $2
-- channel_value expense: SELECT sum(amount) FROM report.ad_expenses WHERE day BETWEEN $1 AND $2
-- channel_value buyers: SELECT count(*) FROM people WHERE first_day BETWEEN $1 AND $2
-- club_renewals due: SELECT count(*) FROM paid WHERE content = 'Клуб' AND user_id IS NOT NULL AND came + 30 BETWEEN $1 AND least($2::date, '2026-03-31')
-- cohorts paid_amount: SELECT sum(paid_amount) FROM buyers WHERE first_day BETWEEN $1 AND $2
-- cohorts orders: SELECT sum(orders) FROM buyers WHERE first_day BETWEEN $1 AND $2
-- conversion orders: SELECT count(*) FROM o WHERE made BETWEEN $1 AND $2
-- conversion paid_orders: SELECT count(*) FROM paid WHERE made BETWEEN $1 AND $2
-- debts owed: SELECT sum(cost - paid_amount) FROM paid WHERE paid_amount < cost AND status_code NOT IN ('cancelled', 'waiting_for_return') AND made BETWEEN $1 AND $2
-- debt_ageing owed: SELECT sum(cost - paid_amount) FROM paid WHERE paid_amount < cost AND status_code NOT IN ('cancelled', 'waiting_for_return') AND made BETWEEN $1 AND $2
-- expected_instalments expected: SELECT sum(amount) FROM p WHERE status_code = 'expected' AND day BETWEEN $1 AND $2
-- group_growth joined: SELECT count(*) FROM mirror.memberships WHERE joined_on BETWEEN $1 AND $2
-- launches net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2 AND ((content = 'Курс А' AND day BETWEEN '2026-01-10' AND '2026-02-28') OR (content = 'Курс Б' AND day >= '2026-02-04'))
-- manager_pay net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- manager_pay fee: SELECT sum(fee) FROM money WHERE status_code = 'accepted' AND day BETWEEN $1 AND $2
-- manager_plan net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- manager_plan orders: SELECT count(*) FROM o WHERE made BETWEEN $1 AND $2
-- managers net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- managers orders: SELECT count(*) FROM o WHERE made BETWEEN $1 AND $2
-- money_after_fees paid_amount: SELECT sum(paid_amount) FROM paid WHERE came BETWEEN $1 AND $2
-- money_after_fees earned: SELECT sum(earned) FROM paid WHERE came BETWEEN $1 AND $2
-- offer_tags paid_amount: SELECT sum(paid_amount * coalesce(array_length(offer_tags, 1), 1)) FROM paid WHERE made BETWEEN $1 AND $2
-- old_base_and_cold paid_amount: SELECT sum(paid_amount) FROM paid WHERE came BETWEEN $1 AND $2
-- order_channels net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- order_channels paid_amount: SELECT sum(paid_amount) FROM paid WHERE made BETWEEN $1 AND $2
-- paid_definitions orders: SELECT count(*) FROM o WHERE made BETWEEN $1 AND $2
-- paid_definitions won_amount: SELECT sum(cost) FROM o WHERE status_code = 'payed' AND made BETWEEN $1 AND $2
-- paid_definitions net: SELECT sum(net) FROM o WHERE made BETWEEN $1 AND $2
-- partners paid_amount: SELECT sum(paid_amount * ((order_partner_id IS NOT NULL)::int + (user_partner_id IS NOT NULL)::int)) FROM paid WHERE made BETWEEN $1 AND $2
-- payment_systems paid_amount: SELECT sum(paid_amount) FROM paid WHERE made BETWEEN $1 AND $2
-- payment_without_access paid_amount: SELECT sum(paid_amount) FROM paid WHERE content = 'Курс Б' AND status_code NOT IN ('cancelled', 'waiting_for_return') AND coalesce(returned, 0) < paid_amount AND came BETWEEN $1 AND $2 AND NOT EXISTS (SELECT FROM mirror.memberships m WHERE m.group_id = 51 AND m.left_seen_at IS NULL AND m.user_id = paid.user_id)
-- person_channels net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- person_channels orders: SELECT count(*) FROM o WHERE made BETWEEN $1 AND $2
-- products net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- products orders: SELECT count(*) FROM o WHERE made BETWEEN $1 AND $2
-- products paid_amount: SELECT sum(paid_amount) FROM paid WHERE made BETWEEN $1 AND $2
-- promo_codes cost: SELECT sum(cost) FROM o WHERE (coalesce(promo_code, '') <> '' OR coalesce(promotion, '') <> '') AND made BETWEEN $1 AND $2
-- refund_disagreements count: SELECT count(*) FROM (SELECT id, status_code IS NOT DISTINCT FROM 'waiting_for_return' OR (status_code IS NOT DISTINCT FROM 'cancelled' AND paid_amount > 0) AS a, returned > 0 AS b, tags && '{Необходим возврат}' AS c FROM present WHERE made BETWEEN $1 AND $2) t WHERE (a OR b OR c) AND NOT (a AND b AND c)
-- refunds returned: SELECT sum(amount) FROM money WHERE status_code = 'returned' AND day BETWEEN $1 AND $2
-- refusal_reasons orders: SELECT count(*) FROM refused WHERE made BETWEEN $1 AND $2
-- registrations registrations: SELECT count(*) FROM mirror.users u WHERE missing_since IS NULL AND NOT EXISTS (SELECT FROM nobody x WHERE x.id = u.id) AND (created_at AT TIME ZONE 'Europe/Moscow')::date BETWEEN $1 AND $2
-- repeat_purchase buyers: SELECT count(*) FROM people WHERE first_day BETWEEN $1 AND $2
-- revenue_by_day net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- revenue_by_day received: SELECT sum(amount) FROM money WHERE status_code = 'accepted' AND day BETWEEN $1 AND $2
-- revenue_by_day paid_on_payment_date: SELECT sum(paid_amount) FROM paid WHERE dated BETWEEN $1 AND $2
-- revenue_by_day paid_on_creation_date: SELECT sum(paid_amount) FROM paid WHERE made BETWEEN $1 AND $2
-- revenue_by_day won_on_creation_date: SELECT sum(cost) FROM o WHERE status_code = 'payed' AND made BETWEEN $1 AND $2
-- rfm paid_amount: SELECT sum(paid_amount) FROM buyers WHERE last_day BETWEEN $1 AND $2
-- rfm people: SELECT count(*) FROM buyers WHERE last_day BETWEEN $1 AND $2
-- school_plan net: SELECT sum(net) FROM money WHERE day BETWEEN $1 AND $2
-- sleepers paid_amount: SELECT sum(paid_amount) FROM (SELECT b.*, percent_rank() OVER (PARTITION BY currency ORDER BY last_day NULLS FIRST) AS r, percent_rank() OVER (PARTITION BY currency ORDER BY orders) AS f, percent_rank() OVER (PARTITION BY currency ORDER BY paid_amount) AS m FROM buyers b) s WHERE r < 0.4 AND (f >= 0.6 OR m >= 0.6) AND last_day BETWEEN $1 AND $2
-- status_changes orders: SELECT count(*) FROM history.deals h JOIN mirror.deals d USING (id) WHERE h.status <> d.status AND (h.valid_to AT TIME ZONE 'Europe/Moscow')::date BETWEEN $1 AND $2
-- time_to_payment paid_orders: SELECT count(*) FROM paid WHERE made BETWEEN $1 AND $2
-- time_to_payment backdated: SELECT count(*) FROM paid WHERE came < made AND made BETWEEN $1 AND $2
