-- Why do the three definitions of "paid" differ?
-- ru: Почему три определения «оплачено» расходятся?
-- ru: Завершены: статус «Завершен»; оплачены: оплаченная сумма больше нуля; с полученными платежами: платежи за вычетом возвратов больше нуля. По месяцу создания.
-- won: status Завершен; paid: paid amount above zero; received: payments less returns above zero. By month of creation.
-- answers: 1, 3
-- group: money
-- of: orders
-- apart: orders created_on
-- chart: bar month won_amount,paid_amount,net currency
-- rows: report.orders created_on
-- sums: orders,won_orders,paid_orders,received_orders,won_amount,paid_amount,net
-- drill: currency
-- figure: orders = rows of report.orders created_on where counted
-- figure: won_orders = rows of report.orders created_on where counted AND is_won
-- figure: paid_orders = rows of report.orders created_on where counted AND is_paid
-- figure: received_orders = rows of report.orders created_on where counted AND coalesce(received, 0) - coalesce(returned, 0) > 0
-- figure: won_amount = sum(cost) of report.orders created_on where counted AND is_won
-- figure: paid_amount = sum() of report.orders created_on where counted
SELECT :month(created_on) AS month, currency, count(*) AS orders, count(*) FILTER (WHERE is_won) AS won_orders, count(*) FILTER (WHERE is_paid) AS paid_orders,
       count(*) FILTER (WHERE coalesce(received, 0) - coalesce(returned, 0) > 0) AS received_orders, coalesce(sum(cost) FILTER (WHERE is_won), 0.00) AS won_amount,
       coalesce(sum(paid_amount), 0.00) AS paid_amount, coalesce(sum(coalesce(received, 0.00) - coalesce(returned, 0.00)), 0.00) AS net,
       count(*) FILTER (WHERE is_won AND NOT is_paid) AS won_not_paid, count(*) FILTER (WHERE is_paid AND NOT is_won) AS paid_not_won, count(*) FILTER (WHERE is_paid AND coalesce(received, 0) = 0) AS paid_without_payments
FROM report.orders WHERE counted AND :in_range(created_on) GROUP BY 1, 2 ORDER BY 1, 2
