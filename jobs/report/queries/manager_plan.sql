-- Plan against fact per manager?
-- ru: План и факт по менеджерам?
-- Plans come from report.manager_plans, which the school fills. net: payments made in the month.
-- answers: 9
-- of: plans or sales
-- chart: bar month plan,net manager
SELECT month, manager, currency, orders, paid_orders, plan, net, round(100 * net / nullif(plan, 0), 1) AS plan_percent
FROM report.manager_plan_and_fact WHERE :in_range(month) ORDER BY month, manager, currency
