-- How did yesterday, this week and this month go?
-- ru: Как прошли вчера, эта неделя и этот месяц?
-- ru: Целые дни: неделя и месяц, в которые попал вчерашний день, по вчерашний день включительно. Период до: те же дни предыдущего дня, недели или месяца; год назад: те же дни прошлого года, у недели те же дни недели 52 недели назад.
-- ru: Целый месяц сравнивается с целыми месяцами; вместо дня, которого в прежнем месяце нет, его последний день. Пусто: до первого дня, о котором что-либо известно. Столбцы с %: разница, у доли оплаченных в процентных пунктах.
-- ru: Выручка: полученные платежи за вычетом возвращённых, по их дню. Возвраты: возвращённые платежи. Заказы: учтённые заказы по дню создания; доля оплаченных: процент тех из них, деньги за которые пришли до конца срока.
-- ru: Средний чек: по заказам, деньги за которые пришли в этот срок. Новые люди: регистрации. Долги к оплате: объявленные на эти дни платежи, которые не пришли.
-- Whole days: the week and the month that hold yesterday, up to yesterday. before: the same days of the day, week or month before; last_year: the same days a year ago, of a week the same weekdays 52 weeks ago.
-- A whole month is held against whole months; a day that the earlier month lacks is its last one. Empty: before the first day of anything known. *_percent: the difference, of paid_share in points.
-- revenue: payments received less returned, by their day. refunds: returned. orders: counted orders by creation; paid_share: percent of them whose money came by the end of the range.
-- average_order: of orders whose money came in the range. new_people: registrations. debts_due: announced payments of these days that have not come.
-- group: money
-- of: figures
-- figure: revenue = sum(net) of report.payments day where counted AND kind IN ('received', 'returned')
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_share = percent(is_paid AND :until(money_on)) of report.orders created_on where counted
-- figure: average_order = mean(paid_amount) of report.paid_orders money_on
-- figure: refunds = minus(net) of report.payments day where counted AND kind = 'returned'
-- figure: new_people = rows of report.people registered_on where counted
-- figure: debts_due = sum(amount) of report.payments day where counted AND kind = 'expected'
WITH t AS (SELECT today - 1 AS day FROM report.clock LIMIT 1),
edges AS (SELECT day, date_trunc('week', day::timestamp)::date AS week, date_trunc('month', day::timestamp)::date AS month, extract(day FROM day + 1) = 1 AS whole FROM t),
spans AS (
    SELECT 1 AS n, 'day' AS span, day AS from_day, day AS to_day, day - 1 AS before_from, day - 1 AS before_to, (day - interval '1 year')::date AS year_from, (day - interval '1 year')::date AS year_to FROM edges
    UNION ALL SELECT 2, 'week', week, day, week - 7, day - 7, week - 364, day - 364 FROM edges
    UNION ALL SELECT 3, 'month', month, day, (month - interval '1 month')::date, CASE WHEN whole THEN month - 1 ELSE (day - interval '1 month')::date END,
                     (month - interval '1 year')::date, CASE WHEN whole THEN (month - interval '11 months')::date - 1 ELSE (day - interval '1 year')::date END FROM edges
), ranges AS (
    SELECT row_number() OVER (ORDER BY s.n, e.era) AS no, s.n, e.era, e.from_day, e.to_day
    FROM spans s CROSS JOIN LATERAL (VALUES (1, s.from_day, s.to_day), (2, s.before_from, s.before_to), (3, s.year_from, s.year_to)) e(era, from_day, to_day)
), found AS (
    SELECT r.n, r.era, m.measure, m.currency, m.value
    FROM report.measures((SELECT array_agg(from_day ORDER BY no) FROM ranges), (SELECT array_agg(to_day ORDER BY no) FROM ranges)) m JOIN ranges r ON r.no = m.no
), money AS (SELECT DISTINCT currency FROM found WHERE currency IS NOT NULL),
lines AS (
    SELECT 1 AS place, 'revenue' AS measure, currency, 0.00 AS none FROM money UNION ALL SELECT 2, 'orders', NULL, 0 UNION ALL SELECT 3, 'paid_share', NULL, NULL
    UNION ALL SELECT 4, 'average_order', currency, NULL FROM money UNION ALL SELECT 5, 'refunds', currency, 0.00 FROM money UNION ALL SELECT 6, 'new_people', NULL, 0 UNION ALL SELECT 7, 'debts_due', currency, 0.00 FROM money
), known AS (SELECT coalesce((SELECT first_day FROM report.fact_state), report.first_day()) AS since),
figures AS (
    SELECT s.*, l.place, l.measure, l.currency, coalesce(v.value, l.none) AS value, CASE WHEN s.before_to >= k.since THEN coalesce(b.value, l.none) END AS before,
           CASE WHEN s.year_to >= k.since THEN coalesce(y.value, l.none) END AS last_year
    FROM spans s CROSS JOIN lines l JOIN known k ON k.since IS NOT NULL
    LEFT JOIN found v ON v.n = s.n AND v.era = 1 AND v.measure = l.measure AND v.currency IS NOT DISTINCT FROM l.currency
    LEFT JOIN found b ON b.n = s.n AND b.era = 2 AND b.measure = l.measure AND b.currency IS NOT DISTINCT FROM l.currency
    LEFT JOIN found y ON y.n = s.n AND y.era = 3 AND y.measure = l.measure AND y.currency IS NOT DISTINCT FROM l.currency
)
SELECT span, from_day, to_day, measure, currency, value, before, CASE measure WHEN 'paid_share' THEN value - before ELSE round(100 * (value - before) / nullif(abs(before), 0), 1) END AS before_percent,
       last_year, CASE measure WHEN 'paid_share' THEN value - last_year ELSE round(100 * (value - last_year) / nullif(abs(last_year), 0), 1) END AS last_year_percent,
       before_from, before_to, year_from AS last_year_from, year_to AS last_year_to
FROM figures ORDER BY n, place, currency
