-- The month that holds yesterday: what came in on its whole days, where that pace leads, and the plan if one was entered.
WITH t AS (SELECT today - 1 AS day, date_trunc('month', (today - 1)::timestamp)::date AS month FROM report.clock LIMIT 1),
m AS (SELECT day, month, (month + interval '1 month')::date - 1 AS month_end, day - month + 1 AS days FROM t),
plans AS (
    SELECT p.currency, p.amount FROM report.school_plans p JOIN m ON p.month = m.month
    UNION ALL
    SELECT p.currency, sum(p.amount) FROM report.manager_plans p JOIN m ON p.month = m.month WHERE NOT EXISTS (SELECT FROM report.school_plans s WHERE s.month = p.month AND s.currency = p.currency) GROUP BY 1
), money AS (
    SELECT p.currency, coalesce(sum(p.net) FILTER (WHERE p.kind <> 'expected' AND p.day <= m.day), 0.00) AS net, coalesce(sum(p.amount) FILTER (WHERE p.kind = 'expected' AND p.day > m.day), 0.00) AS expected
    FROM m JOIN report.payments p ON p.day BETWEEN m.month AND m.month_end WHERE p.counted AND p.kind IN ('received', 'returned', 'expected') GROUP BY 1
)
SELECT m.month, coalesce(y.currency, p.currency) AS currency, m.days, m.month_end - m.month + 1 AS days_of_month, round(coalesce(y.net, 0), 2) AS net,
       round(coalesce(y.net, 0) * (m.month_end - m.month + 1) / m.days, 2) AS forecast, round(coalesce(y.expected, 0), 2) AS expected, p.amount AS plan, round(p.amount * m.days / (m.month_end - m.month + 1), 2) AS plan_to_date,
       round(100 * coalesce(y.net, 0) / nullif(p.amount, 0), 1) AS plan_percent, round(100 * coalesce(y.net, 0) * (m.month_end - m.month + 1) / m.days / nullif(p.amount, 0), 1) AS forecast_percent
FROM m CROSS JOIN (money y FULL JOIN plans p ON p.currency = y.currency) ORDER BY 2
