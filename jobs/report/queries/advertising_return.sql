-- What did advertising bring?
-- ru: Что принесла реклама?
-- ru: Расходы школа вносит в report.ad_expenses: GetCourse их не выгружает. Метки utm заказа; чистыми: платежи месяца.
-- Expenses come from report.ad_expenses, which the school fills; GetCourse does not export them. The order's utm; net: payments made in the month.
-- answers: 8
-- group: channels
-- of: expenses or sales
-- apart: payments day
-- needs: ad_expenses INSERT INTO report.ad_expenses VALUES ('2026-09-01', 'vk', 'autumn', 'RUB', 10000)
-- days: report.sales day
-- chart: bar month expense,net currency
-- sums: expense,orders,paid_amount,net,profit
-- drill: utm_source,utm_campaign,currency
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_amount = sum() of report.orders created_on where counted
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
SELECT :month(day) AS month, utm_source, utm_campaign, currency, sum(expense) AS expense, sum(orders) AS orders, sum(paid_amount) AS paid_amount, sum(net) AS net, sum(net) - sum(expense) AS profit,
       round(100 * (sum(net) - sum(expense)) / nullif(sum(expense), 0), 1) AS return_percent
FROM (SELECT day, utm_source, utm_campaign, currency, amount AS expense, 0 AS orders, 0.00 AS paid_amount, 0.00 AS net FROM report.ad_expenses WHERE :in_range(day)
      UNION ALL
      SELECT created_on, utm_source, utm_campaign, currency, 0.00, count(*), coalesce(sum(paid_amount), 0.00), 0.00 FROM report.orders WHERE counted AND :in_range(created_on) GROUP BY 1, 2, 3, 4
      UNION ALL
      SELECT day, utm_source, utm_campaign, currency, 0.00, 0, 0.00, coalesce(sum(net), 0.00) FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_range(day) GROUP BY 1, 2, 3, 4) both_sides
GROUP BY 1, 2, 3, 4 HAVING sum(expense) <> 0 OR sum(net) <> 0 OR sum(orders) <> 0 ORDER BY 1, 5 DESC, 2, 3, 4
