-- How long from order to payment?
-- ru: Сколько времени проходит от заказа до оплаты?
-- ru: По месяцу создания. Дней от создания до первого полученного платежа, а без него до даты оплаты. Заказы, оплаченные задним числом (раньше создания), в медиану не входят.
-- By month of creation. Days from creation to the first received payment, else to the payment date. Backdated orders (paid before created) are not in the median.
-- answers: 4
-- group: sales
-- of: paid orders
-- chart: bar month median_days
-- gap: none
-- rows: report.paid_orders created_on
-- sums: paid_orders,backdated
-- drill: -
-- figure: paid_orders = rows of report.paid_orders created_on
-- figure: backdated = rows of report.paid_orders created_on where days_to_money < 0
SELECT :month(created_on) AS month, count(*) AS paid_orders, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0))::numeric, 1) AS median_days,
       round((percentile_cont(0.9) WITHIN GROUP (ORDER BY days_to_money) FILTER (WHERE days_to_money >= 0))::numeric, 1) AS p90_days,
       count(*) FILTER (WHERE days_to_money < 0) AS backdated, count(*) FILTER (WHERE days_to_money IS NULL) AS undated
FROM report.paid_orders WHERE :in_range(created_on) GROUP BY 1 ORDER BY 1
