-- Why do the three definitions of "paid" differ?
-- ru: Почему три определения «оплачено» расходятся?
-- won: status Завершен; paid: paid amount above zero; received: payments less returns above zero. By month of creation.
-- answers: 1, 3
-- of: orders
-- chart: bar month won_amount,paid_amount,net currency
-- rows: report.orders created_on
SELECT month, currency, orders, won_orders, paid_orders, received_orders, won_amount, paid_amount, net, won_not_paid, paid_not_won, paid_without_payments
FROM report.paid_definitions WHERE :in_range(month) ORDER BY month, currency
