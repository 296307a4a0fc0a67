-- Which few buyers bring most of the money (ABC)?
-- ru: Какие немногие покупатели приносят почти все деньги (ABC)?
-- ru: По оплаченным суммам заказов, деньги за которые пришли в промежутке, от больших к меньшим. A: до 80 процентов денег валюты, B: до 95, C: остальные.
-- ru: Строка без номера: заказы, в которых человек не назван.
-- By paid amount of the orders whose money came in the range, largest first. A: up to 80 percent of the currency's money, B: up to 95, C: the rest.
-- The row without a number holds the orders that name nobody.
-- answers: 16
-- group: people
-- of: paid orders
-- apart: orders money_on
-- chart: share abc paid_amount currency
-- order: rows
-- rows: report.paid_orders money_on
-- sums: orders,paid_amount
-- drill: user_id,currency
-- figure: orders = rows of report.paid_orders money_on
-- figure: paid_amount = sum() of report.paid_orders money_on
SELECT s.user_id, coalesce(p.person_name, (SELECT max(o.person_name) FROM report.paid_orders o WHERE o.user_id = s.user_id)) AS person_name, currency, orders, paid_amount, percent, running_percent, CASE WHEN running_percent - percent < 80 THEN 'A' WHEN running_percent - percent < 95 THEN 'B' ELSE 'C' END AS abc
FROM (SELECT b.*, round(100 * paid_amount / sum(paid_amount) OVER (PARTITION BY currency COLLATE "C"), 2) AS percent,
             round(100 * sum(paid_amount) OVER (PARTITION BY currency COLLATE "C" ORDER BY paid_amount DESC, user_id) / sum(paid_amount) OVER (PARTITION BY currency COLLATE "C"), 2) AS running_percent
      FROM (SELECT user_id, currency, count(*) AS orders, sum(paid_amount) AS paid_amount FROM report.paid_orders WHERE :in_range(money_on) GROUP BY user_id, currency) b) s LEFT JOIN report.people p ON p.user_id = s.user_id
ORDER BY currency COLLATE "C", paid_amount DESC, s.user_id
