-- Which payment systems bring money?
-- ru: Какие платёжные системы приносят деньги?
-- ru: По дню создания заказа. Не оплачено: заказы системы без денег; неудачные попытки не выгружаются.
-- By creation of the order. unpaid_percent: orders of the system without money; attempts that failed are not exported.
-- answers: 27
-- group: money
-- of: orders
-- apart: orders created_on
-- chart: share payment_system paid_amount currency
-- rows: report.orders created_on
-- sums: orders,paid_orders,paid_amount,payment_system_fee
-- drill: payment_system,currency
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_orders = rows of report.orders created_on where counted AND is_paid
-- figure: paid_amount,payment_system_fee = sum() of report.orders created_on where counted
SELECT payment_system, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 - 100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS unpaid_percent,
       sum(paid_amount) AS paid_amount, sum(payment_system_fee) AS payment_system_fee
FROM report.payment_systems WHERE :in_range(day) GROUP BY payment_system, currency ORDER BY sum(paid_amount) DESC, payment_system, currency
