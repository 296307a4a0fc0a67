-- Plan, fact and forecast of the school?
-- ru: План, факт и прогноз школы?
-- ru: План: report.school_plans за месяц, иначе сумма report.manager_plans; на дни промежутка, равными частями. Чистыми: платежи промежутка.
-- ru: Прогноз: месяц в темпе его прошедших дней из промежутка; у прошедшего месяца то, что он принёс, у будущего ничего.
-- plan: report.school_plans of the month, else the sum of report.manager_plans; of the days in the range, in equal parts. net: payments made in the range.
-- forecast: the month at the pace of its days so far, those in the range; of a past month what it holds, of one to come nothing.
-- answers: 9
-- group: money
-- of: plans or payments
-- apart: payments day
-- needs: school_plans|manager_plans INSERT INTO report.school_plans VALUES ('2026-09-01', 'RUB', 1000000)
-- days: report.payments day
-- chart: bar month plan,net,forecast currency
-- gap: none
-- sums: plan,net
-- drill: currency
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
WITH plans AS (
    SELECT month, currency, amount FROM report.school_plans
    UNION ALL
    SELECT m.month, m.currency, sum(m.amount) FROM report.manager_plans m WHERE NOT EXISTS (SELECT FROM report.school_plans s WHERE s.month = m.month AND s.currency = m.currency) GROUP BY 1, 2
), days AS (
    SELECT day, currency, net, 0.00 AS plan FROM report.payments WHERE kind IN ('received', 'returned') AND counted AND :in_range(day)
    UNION ALL
    SELECT d.day, p.currency, 0.00, round(p.amount * d.no / d.days, 2) - round(p.amount * (d.no - 1) / d.days, 2)
    FROM plans p CROSS JOIN LATERAL (SELECT p.month + n - 1 AS day, n AS no, m.days FROM (SELECT extract(day FROM p.month + interval '1 month - 1 day')::integer AS days) m, generate_series(1, m.days) n) d
    WHERE :in_range(d.day)
)
SELECT m.month, m.currency, m.plan, m.net, round(100 * m.net / nullif(m.plan, 0), 1) AS plan_percent,
       CASE WHEN c.month_end <= z.today THEN m.net WHEN m.month <= z.today THEN round(m.net * extract(day FROM c.month_end)::integer / nullif(h.days, 0), 2) END AS forecast
FROM (SELECT :month(day) AS month, currency, sum(plan) AS plan, sum(net) AS net FROM days GROUP BY 1, 2) m
CROSS JOIN (SELECT today FROM report.clock LIMIT 1) z CROSS JOIN LATERAL (SELECT (m.month + interval '1 month - 1 day')::date AS month_end) c
CROSS JOIN LATERAL (SELECT count(*) AS days FROM generate_series(m.month::timestamp, z.today::timestamp, interval '1 day') d(day) WHERE :in_range(d.day)) h
ORDER BY 1, 2
