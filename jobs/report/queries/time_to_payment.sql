-- How long from order to payment?
-- ru: Сколько времени проходит от заказа до оплаты?
-- Days from creation to the first received payment, else to the payment date. Backdated orders (paid before created) are not in the median.
-- answers: 4
-- of: paid orders
-- chart: bar month median_days
-- rows: report.paid_orders created_on
SELECT month, paid_orders, median_days, p90_days, backdated, undated FROM report.time_to_payment WHERE :in_range(month) ORDER BY month
