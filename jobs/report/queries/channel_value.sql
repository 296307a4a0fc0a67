-- What is a buyer worth by first channel, and what did one cost?
-- ru: Сколько приносит покупатель по первому каналу и сколько стоит?
-- ru: Источник (utm) регистрации человека; покупатели по дню первых денег, со всем, что заплатили с тех пор. Покупатель считается один раз, в валюте первого заказа.
-- ru: Деньги с покупателя (LTV): оплачено на одного покупателя. Стоимость покупателя: расходы report.ad_expenses за промежуток на одного покупателя. (без человека): заказы, в которых человек не назван.
-- utm_source of the person's registration; buyers by the day of their first money, with all they have paid since. A buyer counts once, in the currency of the first order.
-- ltv: paid amount per buyer. cac: expenses of report.ad_expenses in the range per buyer. (no person): orders that name nobody of the mirror.
-- answers: 6, 8, 15
-- group: channels
-- of: paid orders
-- apart: orders money_on
-- wants: ad_expenses INSERT INTO report.ad_expenses VALUES ('2026-09-01', 'vk', 'autumn', 'RUB', 10000)
-- chart: bar utm_source ltv,cac currency
-- rows: report.paid_orders money_on
-- sums: buyers,orders,paid_amount,expense
-- days: report.buyers first_money_on
WITH begun AS (
    SELECT user_id FROM (SELECT user_id, min(first_money_on) AS first_on FROM report.buyers
                          WHERE :whole() OR user_id IN (SELECT user_id FROM report.buyers WHERE :in_range(first_money_on)) GROUP BY user_id) b WHERE :in_range(first_on)
), money AS (
    SELECT o.user_id, o.currency, o.paid_amount, o.buyer_kind = 'new' AS is_first FROM begun b JOIN report.paid_orders o ON o.user_id = b.user_id
    UNION ALL
    SELECT user_id, currency, paid_amount, false FROM report.paid_orders WHERE user_id IS NULL AND :in_range(money_on)
)
SELECT utm_source, currency, sum(buyers) AS buyers, sum(orders) AS orders, sum(paid_amount) AS paid_amount, round(sum(paid_amount) / nullif(sum(buyers), 0), 2) AS ltv,
       sum(expense) AS expense, round(nullif(sum(expense), 0) / nullif(sum(buyers), 0), 2) AS cac
FROM (SELECT CASE WHEN p.user_id IS NULL THEN '(no person)' ELSE p.utm_source END AS utm_source, m.currency, count(*) FILTER (WHERE m.is_first) AS buyers, count(*) AS orders, sum(m.paid_amount) AS paid_amount, 0.00 AS expense
      FROM money m LEFT JOIN report.people p ON p.user_id = m.user_id GROUP BY 1, 2
      UNION ALL
      SELECT utm_source, currency, 0, 0, 0.00, amount FROM report.ad_expenses WHERE :in_range(day)) both_sides
GROUP BY 1, 2 ORDER BY 2, sum(paid_amount) DESC, 1
