-- How many orders were made, and how many of them paid?
-- ru: Сколько заказов создано и сколько из них оплачено?
-- By day of creation; young days ripen for weeks: compare paid_within_7_days. Free, false, excluded and vanished orders stand beside, not in.
-- answers: 3
-- of: orders
-- chart: line period orders,paid_orders
-- rows: report.orders created_on
SELECT :period(day) AS period, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(won_orders) AS won_orders, sum(paid_within_1_day) AS paid_within_1_day, sum(paid_within_7_days) AS paid_within_7_days, sum(paid_within_30_days) AS paid_within_30_days,
       sum(free_orders) AS free_orders, sum(false_orders) AS false_orders, sum(excluded_orders) AS excluded_orders, sum(vanished_orders) AS vanished_orders
FROM report.conversion_by_day WHERE :in_range(day) GROUP BY 1 ORDER BY 1
