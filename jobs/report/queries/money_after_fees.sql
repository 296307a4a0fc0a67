-- What is left after fees, tax and partners' share?
-- ru: Сколько остаётся после комиссий, налога и доли партнёров?
-- As the orders state it; by month in which the money came. Some accounts do not export these columns: orders_without_figures.
-- answers: 13
-- of: paid orders
-- chart: bar month paid_amount,earned currency
-- rows: report.paid_orders money_on
SELECT month, currency, orders, paid_amount, payment_system_fee, tax, other_fees, earned, orders_without_figures
FROM report.money_after_fees WHERE :in_range(month) ORDER BY month, currency
