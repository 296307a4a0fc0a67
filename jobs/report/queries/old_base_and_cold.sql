-- Do sales come from the old base or from cold traffic?
-- ru: Продажи идут из старой базы или с холодного трафика?
-- ru: Как давно покупатель был зарегистрирован, когда сделал заказ. По дню, когда пришли деньги.
-- How long the buyer had been registered when ordering. By the day the money came.
-- answers: 26
-- group: people
-- of: paid orders
-- apart: orders money_on
-- chart: share known_for paid_amount currency
-- order: rows
-- rows: report.paid_orders money_on
-- sums: orders,paid_amount
SELECT known_for, currency, sum(orders) AS orders, sum(paid_amount) AS paid_amount, round(100 * sum(paid_amount) / nullif(sum(sum(paid_amount)) OVER (PARTITION BY currency), 0), 1) AS percent
FROM report.old_base_and_cold WHERE :in_range(day) GROUP BY known_for, currency ORDER BY currency, sum(paid_amount) DESC, known_for
