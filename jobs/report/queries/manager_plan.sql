-- Plan against fact per manager?
-- ru: План и факт по менеджерам?
-- ru: Планы школа вносит в report.manager_plans. Чистыми: платежи промежутка.
-- ru: План: на дни промежутка, план месяца равными частями.
-- Plans come from report.manager_plans, which the school fills. net: payments made in the range.
-- plan: of the days in the range, a month's plan in equal parts.
-- answers: 9
-- group: managers
-- of: plans or sales
-- apart: payments day
-- needs: manager_plans INSERT INTO report.manager_plans VALUES ('2026-09-01', 'Имя', 'RUB', 500000)
-- days: report.sales day
-- chart: bar month plan,net manager
-- sums: orders,paid_orders,plan,net
-- drill: manager,currency
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_orders = rows of report.orders created_on where counted AND is_paid
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
SELECT month, manager, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(plan) AS plan, sum(net) AS net, round(100 * sum(net) / nullif(sum(plan), 0), 1) AS plan_percent
FROM (SELECT :month(day) AS month, manager, currency, 0 AS orders, 0 AS paid_orders, coalesce(sum(net), 0.00) AS net, 0.00 AS plan FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_range(day) GROUP BY 1, 2, 3
      UNION ALL
      SELECT :month(created_on), manager, currency, count(*), count(*) FILTER (WHERE is_paid), 0.00, 0.00 FROM report.orders WHERE counted AND :in_range(created_on) GROUP BY 1, 2, 3
      UNION ALL
      SELECT :month(d.day), p.manager, p.currency, 0, 0, 0.00, round(p.amount * d.no / d.days, 2) - round(p.amount * (d.no - 1) / d.days, 2)
      FROM report.manager_plans p CROSS JOIN LATERAL (SELECT p.month + n - 1 AS day, n AS no, m.days FROM (SELECT extract(day FROM p.month + interval '1 month - 1 day')::integer AS days) m, generate_series(1, m.days) n) d
      WHERE :in_range(d.day)) both_sides
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
