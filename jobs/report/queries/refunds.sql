-- How much was returned?
-- ru: Сколько вернули?
-- ru: Платежи со статусом «Возвращен» по их дню; получено: «Получен» за те же дни. Чистыми: получено за вычетом возвращённого.
-- Payments with status Возвращен, by their day; received: Получен of the same days. net: received less returned.
-- answers: 14
-- group: money
-- of: payments
-- apart: payments day
-- chart: bar product returned currency
-- rows: report.payments day
-- sums: returned_payments,returned,received,net
-- drill: product,manager,currency
-- figure: returned_payments = rows of report.payments day where counted AND kind = 'returned'
-- figure: returned = minus(net) of report.payments day where counted AND kind = 'returned'
-- figure: received = sum(amount) of report.payments day where counted AND kind = 'received'
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
SELECT product, manager, currency, sum(returned_payments) AS returned_payments, sum(returned) AS returned, sum(received) AS received,
       round(100 * sum(returned) / nullif(sum(received), 0), 1) AS returned_percent, sum(received) - sum(returned) AS net
FROM report.refunds_by_day WHERE :in_range(day) GROUP BY product, manager, currency ORDER BY sum(returned) DESC, product, manager, currency
