-- The last 13 weeks, the newest up to yesterday: a point per measure; empty before the first day of anything known, which is not zero.
WITH t AS (SELECT today - 1 AS day, date_trunc('week', (today - 1)::timestamp)::date AS week FROM report.clock LIMIT 1),
ranges AS (SELECT 13 - i AS no, week - 7 * i AS from_day, least(week - 7 * i + 6, day) AS to_day FROM t, generate_series(0, 12) i),
known AS (SELECT coalesce((SELECT first_day FROM report.fact_state), report.first_day()) AS since),
found AS (SELECT r.no, m.measure, m.currency, m.value FROM report.measures((SELECT array_agg(from_day ORDER BY no) FROM ranges), (SELECT array_agg(to_day ORDER BY no) FROM ranges)) m JOIN ranges r ON r.no = m.no)
SELECT l.measure, l.currency, r.from_day, r.to_day,
       CASE WHEN r.to_day >= k.since THEN coalesce(f.value, CASE WHEN l.measure IN ('revenue', 'refunds', 'debts_due') THEN 0.00 WHEN l.measure IN ('orders', 'new_people') THEN 0 END) END AS value
FROM (SELECT DISTINCT measure, currency FROM found) l CROSS JOIN ranges r CROSS JOIN known k
LEFT JOIN found f ON f.no = r.no AND f.measure = l.measure AND f.currency IS NOT DISTINCT FROM l.currency
ORDER BY array_position('{revenue,orders,paid_share,average_order,refunds,new_people,debts_due}'::text[], l.measure), l.currency, r.no
