-- How much money came in per day, week or month?
-- ru: Сколько денег пришло по дням, неделям, месяцам?
-- ru: Получено и возвращено: платежи «Получен» и «Возвращен» в их день; чистыми: получено за вычетом возвращённого. Движения по балансу — не деньги.
-- ru: Оплачено по дате оплаты и по дате создания: оплаченная сумма заказов по этим датам.
-- ru: Завершено по дате создания: стоимость завершённых заказов. Эти определения никогда не сходятся; почему, объясняет отчёт paid_definitions.
-- ru: Отдельно: деньги того, что не учтено (исключённое, ложное, пропавшее, с неизвестным статусом); в остальных столбцах их нет.
-- ru: Чистыми за период до и год назад: то же место в предыдущем периоде и в прошлом году, смотрите под таблицей.
-- ru: Строка без периода: то, у чего нет даты; видна, когда промежуток не задан.
-- received, returned: payments Получен and Возвращен on their day; net: received less returned. Moves on the balance are not money.
-- paid_on_payment_date, paid_on_creation_date: paid amount of orders by their payment date and by their creation date.
-- won_on_creation_date: cost of completed orders by creation date. The definitions never agree; report paid_definitions says why.
-- set_apart_*: money of what is not counted (excluded, false, vanished, unknown status): not in the other columns.
-- net_before, net_last_year: net of the same place in the period before and of last year, see below the table.
-- A row without a period holds what has no date; it is shown when no range is asked.
-- answers: 1, 2
-- group: money
-- of: money
-- apart: payments day
-- apart: orders paid_on
-- chart: line period net currency
-- rows: report.payments day
-- sums: payments,received,returned,net,paid_on_payment_date,paid_on_creation_date,won_on_creation_date,set_apart_net,set_apart_paid
-- drill: currency
-- figure: payments = rows of report.payments day where counted AND kind = 'received'
-- figure: received = sum(amount) of report.payments day where counted AND kind = 'received'
-- figure: returned = minus(net) of report.payments day where counted AND kind = 'returned'
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
-- figure: paid_on_payment_date = sum(paid_amount) of report.orders paid_on where counted AND is_paid
-- figure: paid_on_creation_date = sum(paid_amount) of report.orders created_on where counted
-- figure: won_on_creation_date = sum(cost) of report.orders created_on where counted AND is_won
-- figure: set_apart_net = sum(net) of report.payments day where NOT counted AND kind IN ('received', 'returned')
-- figure: set_apart_paid = sum(paid_amount) of report.orders paid_on where NOT counted AND is_paid
SELECT :period(day) AS period, currency, sum(payments) AS payments, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       sum(paid_on_payment_date) AS paid_on_payment_date, sum(paid_on_creation_date) AS paid_on_creation_date, sum(won_on_creation_date) AS won_on_creation_date,
       sum(set_apart_net) AS set_apart_net, sum(set_apart_paid) AS set_apart_paid,
       CASE WHEN :compared() THEN sum(net_before) END AS net_before, CASE WHEN :compared() THEN sum(net_last_year) END AS net_last_year
FROM (SELECT day, currency, payments, received, returned, net, paid_on_payment_date, paid_on_creation_date, won_on_creation_date, set_apart_net, set_apart_paid, 0.00 AS net_before, 0.00 AS net_last_year
      FROM report.revenue_by_day WHERE :in_range(day)
      UNION ALL
      SELECT :day_before(day), currency, 0, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, sum(net), 0.00 FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_before(day) AND net <> 0 GROUP BY day, currency HAVING sum(net) <> 0
      UNION ALL
      SELECT :day_last_year(day), currency, 0, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, sum(net) FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_last_year(day) AND net <> 0 GROUP BY day, currency HAVING sum(net) <> 0) compared
GROUP BY 1, 2 ORDER BY 1, 2
