-- Questions to paste into Metabase (New > SQL query) or Superset (SQL Lab > Save): one statement each, for gcmirror_reader.
-- gcmirror_masked: the same with "masked." instead of "report.".

-- Money per month by three definitions
SELECT month, currency, net, paid_on_payment_date, won_on_creation_date FROM report.revenue_by_month WHERE month IS NOT NULL ORDER BY month, currency;
-- Conversion per week
SELECT date_trunc('week', day)::date AS week, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent FROM report.conversion_by_day GROUP BY 1 ORDER BY 1;
-- Top products of the last 30 days
SELECT product, currency, sum(net) AS net FROM report.sales_by_product WHERE day > (SELECT today FROM report.clock) - 30 GROUP BY 1, 2 ORDER BY net DESC LIMIT 20;
-- Channels: registrations and buyers
SELECT utm_source, utm_medium, sum(registrations) AS registrations, sum(buyers_within_30_days) AS buyers_within_30_days FROM report.registrations_by_channel GROUP BY 1, 2 ORDER BY 3 DESC;
-- Managers this month
SELECT manager, currency, orders, paid_orders, net, plan FROM report.manager_plan_and_fact WHERE month = date_trunc('month', (SELECT today FROM report.clock))::date ORDER BY net DESC;
-- Debts by age
SELECT CASE WHEN days_since_money > 60 THEN 'over 60 days' WHEN days_since_money > 30 THEN '31 to 60 days' ELSE 'up to 30 days' END AS age, currency, count(*) AS orders, sum(owed) AS owed FROM report.debts GROUP BY 1, 2 ORDER BY 1, 2;
-- Retention of cohorts
SELECT cohort, currency, month_no, round(100.0 * active_buyers / cohort_buyers, 1) AS retention_percent FROM report.cohorts ORDER BY 1, 2, 3;
-- Buyers by segment
SELECT segment, currency, count(*) AS people, sum(paid_amount) AS paid_amount FROM report.rfm GROUP BY 1, 2 ORDER BY 4 DESC;
-- Refunds that disagree
SELECT order_number, product, status, paid_amount, returned, in_status, in_payments, in_tags FROM report.refund_disagreements ORDER BY created_on DESC;
-- Group sizes
SELECT group_name, members, joined_in_30_days, left_in_30_days FROM report.groups_now ORDER BY members DESC;
-- What changed since yesterday
SELECT from_status, to_status, currency, orders, cost FROM report.status_changes WHERE day >= (SELECT today FROM report.clock) - 1 ORDER BY orders DESC;
-- Can the figures be trusted
SELECT check_name, found, of_total, meaning FROM report.data_quality WHERE found > 0;
