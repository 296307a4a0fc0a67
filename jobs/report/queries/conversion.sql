-- How many orders were made, and how many of them paid?
-- ru: Сколько заказов создано и сколько из них оплачено?
-- ru: По дню создания; новые дни дозревают неделями: сравнивайте «оплачены за 7 дней». Бесплатные, ложные, исключённые и пропавшие заказы стоят рядом и в числа не входят.
-- ru: Период до и год назад: то же место в предыдущем периоде и в прошлом году, смотрите под таблицей.
-- By day of creation; young days ripen for weeks: compare paid_within_7_days. Free, false, excluded and vanished orders stand beside, not in.
-- _before, _last_year: the same place in the period before and in last year, see below the table.
-- answers: 3
-- group: sales
-- of: orders
-- chart: line period orders,paid_orders,paid_percent
-- rows: report.orders created_on
-- sums: orders,paid_orders,won_orders,paid_within_1_day,paid_within_7_days,paid_within_30_days,free_orders,false_orders,excluded_orders,vanished_orders
-- drill: -
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_orders = rows of report.orders created_on where counted AND is_paid
-- figure: won_orders = rows of report.orders created_on where counted AND is_won
-- figure: paid_within_1_day = rows of report.orders created_on where counted AND is_paid AND money_on - created_on <= 1
-- figure: paid_within_7_days = rows of report.orders created_on where counted AND is_paid AND money_on - created_on <= 7
-- figure: paid_within_30_days = rows of report.orders created_on where counted AND is_paid AND money_on - created_on <= 30
-- figure: free_orders = rows of report.orders created_on where set_apart = 'free'
-- figure: false_orders = rows of report.orders created_on where set_apart = 'false'
-- figure: excluded_orders = rows of report.orders created_on where set_apart LIKE 'excluded:%'
-- figure: vanished_orders = rows of report.orders created_on where set_apart = 'vanished'
SELECT :period(day) AS period, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(won_orders) AS won_orders, sum(paid_within_1_day) AS paid_within_1_day, sum(paid_within_7_days) AS paid_within_7_days, sum(paid_within_30_days) AS paid_within_30_days,
       sum(free_orders) AS free_orders, sum(false_orders) AS false_orders, sum(excluded_orders) AS excluded_orders, sum(vanished_orders) AS vanished_orders,
       CASE WHEN :compared() THEN sum(orders_before) END AS orders_before, CASE WHEN :compared() THEN sum(paid_orders_before) END AS paid_orders_before,
       CASE WHEN :compared() THEN sum(orders_last_year) END AS orders_last_year, CASE WHEN :compared() THEN sum(paid_orders_last_year) END AS paid_orders_last_year
FROM (SELECT day, orders, paid_orders, won_orders, paid_within_1_day, paid_within_7_days, paid_within_30_days, free_orders, false_orders, excluded_orders, vanished_orders,
             0 AS orders_before, 0 AS paid_orders_before, 0 AS orders_last_year, 0 AS paid_orders_last_year FROM report.conversion_by_day WHERE :in_range(day)
      UNION ALL
      SELECT :day_before(day), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, orders, paid_orders, 0, 0 FROM report.conversion_by_day WHERE :in_before(day) AND orders > 0
      UNION ALL
      SELECT :day_last_year(day), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, orders, paid_orders FROM report.conversion_by_day WHERE :in_last_year(day) AND orders > 0) compared
GROUP BY 1 ORDER BY 1
