-- How much money came in per day, week or month?
-- ru: Сколько денег пришло по дням, неделям, месяцам?
-- received, returned: payments Получен and Возвращен on their day; net: received less returned. Moves on the balance are not money.
-- paid_on_payment_date, paid_on_creation_date: paid amount of orders by their payment date and by their creation date.
-- won_on_creation_date: cost of completed orders by creation date. The definitions never agree; report paid_definitions says why.
-- set_apart_*: money of what is not counted (excluded, false, vanished, unknown status): not in the other columns.
-- A row without a period holds what has no date; it is shown when no range is asked.
-- answers: 1, 2
-- of: money
-- apart: payments day
-- apart: orders paid_on
-- chart: line period net currency
-- rows: report.payments day
SELECT :period(day) AS period, currency, sum(payments) AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       sum(paid_on_payment_date) AS paid_on_payment_date, sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date,
       sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid
FROM report.revenue_by_day WHERE :in_range(day) GROUP BY 1, 2 ORDER BY 1, 2
