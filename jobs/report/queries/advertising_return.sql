-- What did advertising bring?
-- ru: Что принесла реклама?
-- Expenses come from report.ad_expenses, which the school fills; GetCourse does not export them. The order's utm; net: payments made in the month.
-- answers: 8
-- of: expenses or sales
-- chart: bar month expense,net currency
SELECT month, utm_source, utm_campaign, currency, expense, orders, paid_amount, net, profit, round(100 * (net - expense) / nullif(expense, 0), 1) AS return_percent
FROM report.advertising_return WHERE :in_range(month) AND (expense <> 0 OR net <> 0 OR orders <> 0) ORDER BY month, expense DESC, utm_source, utm_campaign, currency
