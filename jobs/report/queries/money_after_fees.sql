-- What is left after fees, tax and partners' share?
-- ru: Сколько остаётся после комиссий, налога и доли партнёров?
-- ru: Как указано в заказах; по месяцу, в котором пришли деньги. Некоторые аккаунты этих столбцов не выгружают: «заказов без этих сведений».
-- As the orders state it; by month in which the money came. Some accounts do not export these columns: orders_without_figures.
-- answers: 13
-- group: money
-- of: paid orders
-- apart: orders money_on
-- chart: bar month paid_amount,earned currency
-- rows: report.paid_orders money_on
-- sums: orders,paid_amount,payment_system_fee,tax,other_fees,earned,orders_without_figures
-- drill: currency
-- figure: orders = rows of report.paid_orders money_on
-- figure: paid_amount,payment_system_fee,tax,other_fees,earned = sum() of report.paid_orders money_on
-- figure: orders_without_figures = rows of report.paid_orders money_on where payment_system_fee IS NULL AND tax IS NULL AND other_fees IS NULL AND earned IS NULL
SELECT :month(money_on) AS month, currency, count(*) AS orders, sum(paid_amount) AS paid_amount, sum(payment_system_fee) AS payment_system_fee, sum(tax) AS tax, sum(other_fees) AS other_fees, sum(earned) AS earned,
       count(*) FILTER (WHERE payment_system_fee IS NULL AND tax IS NULL AND other_fees IS NULL AND earned IS NULL) AS orders_without_figures
FROM report.paid_orders WHERE :in_range(money_on) GROUP BY 1, 2 ORDER BY 1, 2
