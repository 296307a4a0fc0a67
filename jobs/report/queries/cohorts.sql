-- Do buyers come back?
-- ru: Возвращаются ли покупатели?
-- ru: Когорта: месяц первого оплаченного заказа за всю историю; промежуток выбирает покупателей по дню первых денег. Строка без когорты: покупатели, у денег которых нет даты.
-- ru: Месяц без покупателей: 0 процентов; у будущего месяца строки нет. Плативший в двух валютах стоит в обеих.
-- ru: Деньги с покупателя (LTV): оплачено на одного покупателя когорты до сих пор.
-- Cohort: month of the first paid order over the whole history; the range chooses buyers by the day of their first money. A row without a cohort holds buyers whose money has no date.
-- A month without buyers is 0 percent; one to come has no row. A person who paid in two currencies stands in both.
-- ltv: paid amount per buyer of the cohort so far.
-- answers: 15
-- group: people
-- of: paid orders
-- apart: orders money_on
-- apart: nobody money_on
-- chart: heat month_no retention_percent,ltv cohort
-- gap: none
-- rows: report.paid_orders money_on
-- sums: orders,paid_amount
-- days: report.buyers first_money_on
WITH active AS (
    SELECT b.first_money_on AS first_on, o.currency, date_trunc('month', o.money_on::timestamp)::date AS month, o.user_id, count(*) AS orders, sum(o.paid_amount) AS paid_amount
    FROM report.buyers b JOIN report.paid_orders o ON o.user_id = b.user_id AND o.currency = b.currency WHERE :in_range(b.first_money_on)
      AND (:whole() OR o.user_id = ANY (ARRAY(SELECT user_id FROM report.buyers WHERE :in_range(first_money_on)))) GROUP BY 1, 2, 3, 4
), months AS (SELECT :month(first_on) AS cohort, currency, month, count(*) AS active_buyers, sum(orders)::bigint AS orders, sum(paid_amount) AS paid_amount FROM active GROUP BY 1, 2, 3),
sizes AS (SELECT :month(first_money_on) AS cohort, currency, count(*) AS cohort_buyers FROM report.buyers WHERE :in_range(first_money_on) GROUP BY 1, 2),
past AS (SELECT s.cohort, s.currency, g::date AS month FROM sizes s CROSS JOIN (SELECT today FROM report.clock LIMIT 1) z CROSS JOIN LATERAL generate_series(s.cohort, greatest(z.today, s.cohort), interval '1 month') g),
every AS (SELECT coalesce(p.cohort, m.cohort) AS cohort, coalesce(p.currency, m.currency) AS currency, coalesce(p.month, m.month) AS month, coalesce(m.active_buyers, 0) AS active_buyers, coalesce(m.orders, 0) AS orders, coalesce(m.paid_amount, 0.00) AS paid_amount
          FROM past p FULL JOIN months m ON m.cohort = p.cohort AND m.currency = p.currency AND m.month = p.month)
SELECT m.cohort, m.currency, (extract(year FROM m.month)::integer - extract(year FROM m.cohort)::integer) * 12 + extract(month FROM m.month)::integer - extract(month FROM m.cohort)::integer AS month_no,
       s.cohort_buyers, m.active_buyers, round(100.0 * m.active_buyers / s.cohort_buyers, 1) AS retention_percent, m.orders, m.paid_amount,
       round(sum(m.paid_amount) OVER (PARTITION BY m.cohort, m.currency ORDER BY m.month) / s.cohort_buyers, 2) AS ltv
FROM every m JOIN sizes s ON s.currency = m.currency AND s.cohort IS NOT DISTINCT FROM m.cohort ORDER BY 1, 2, 3
