-- What is the average cheque of new and of returning buyers?
-- ru: Какой средний чек у новых и у вернувшихся покупателей?
-- ru: Оплаченные заказы по месяцу, в котором пришли деньги. Новые: первый оплаченный заказ человека за всю историю. Бесплатные заказы не входят. Покупателей: разных людей в строке.
-- ru: Строка без месяца: заказы, у денег которых нет даты; дата создания её не заменяет. Медианный чек: из двух средних берётся их среднее.
-- Paid orders by month in which their money came. new: the person's first paid order over the whole history. Free orders are not in it. buyers: different people within the row.
-- A row without a month holds orders whose money has no date; creation never stands in. median_cheque: of two middles the mean.
-- answers: 11
-- group: money
-- of: paid orders
-- apart: orders money_on
-- chart: bar month average_cheque buyer_kind
-- gap: none
-- rows: report.paid_orders money_on
-- sums: orders,paid_amount
-- drill: buyer_kind,currency
-- figure: orders = rows of report.paid_orders money_on
-- figure: paid_amount = sum() of report.paid_orders money_on
SELECT :month(money_on) AS month, currency, buyer_kind, count(DISTINCT user_id) AS buyers, count(*) AS orders, sum(paid_amount) AS paid_amount, round(avg(paid_amount), 2) AS average_cheque,
       round((percentile_disc(0.5) WITHIN GROUP (ORDER BY paid_amount) + percentile_disc(0.5) WITHIN GROUP (ORDER BY paid_amount DESC)) / 2, 2) AS median_cheque
FROM report.paid_orders WHERE :in_range(money_on) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
