-- What is the average cheque of new and of returning buyers?
-- ru: Какой средний чек у новых и у вернувшихся покупателей?
-- Paid orders by month in which their money came. new: the person's first paid order over the whole history. Free orders are not in it.
-- answers: 11
-- of: paid orders
-- chart: bar month average_cheque buyer_kind
-- rows: report.paid_orders money_on
SELECT month, currency, buyer_kind, buyers, orders, paid_amount, average_cheque, median_cheque FROM report.average_cheque WHERE :in_range(month) ORDER BY month, currency, buyer_kind
