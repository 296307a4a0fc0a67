-- What sells?
-- ru: Что продаётся?
-- ru: Заказы, оплаченные заказы и оплачено: заказы, созданные в промежутке; получено, возвращено, чистыми: платежи промежутка.
-- ru: Один текст на заказ, сколько бы в нём ни было позиций; варианты названия стоят отдельно. Доля: от денег валюты.
-- ru: Чистыми за период до и год назад: смотрите под таблицей.
-- orders, paid_orders, paid_amount: orders created in the range; received, returned, net: payments made in the range.
-- One text per order however many items it has; variants of a name stay apart. net_percent: share of the currency.
-- net_before, net_last_year: net of the period before and of last year, see below the table.
-- answers: 5
-- group: sales
-- of: sales
-- apart: payments day
-- apart: orders created_on
-- chart: bar product net currency
-- rows: report.sales day
-- sums: orders,paid_orders,paid_amount,received,returned,net
-- drill: product,currency
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_orders = rows of report.orders created_on where counted AND is_paid
-- figure: paid_amount = sum() of report.orders created_on where counted
-- figure: received = sum(amount) of report.payments day where counted AND kind = 'received'
-- figure: returned = minus(net) of report.payments day where counted AND kind = 'returned'
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
SELECT product, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(paid_amount) AS paid_amount, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       round(100 * sum(net) / nullif(sum(sum(net)) OVER (PARTITION BY currency), 0), 1) AS net_percent,
       CASE WHEN :compared() THEN sum(net_before) END AS net_before, CASE WHEN :compared() THEN sum(net_last_year) END AS net_last_year
FROM (SELECT product, currency, 0 AS orders, 0 AS paid_orders, 0.00 AS paid_amount, coalesce(sum(amount) FILTER (WHERE kind = 'received'), 0.00) AS received, coalesce(sum(abs(amount)) FILTER (WHERE kind = 'returned'), 0.00) AS returned, coalesce(sum(net), 0.00) AS net, 0.00 AS net_before, 0.00 AS net_last_year FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_range(day) GROUP BY 1, 2
      UNION ALL
      SELECT product, currency, count(*), count(*) FILTER (WHERE is_paid), coalesce(sum(paid_amount), 0.00), 0.00, 0.00, 0.00, 0.00, 0.00 FROM report.orders WHERE counted AND :in_range(created_on) GROUP BY 1, 2
      UNION ALL
      SELECT product, currency, 0, 0, 0.00, 0.00, 0.00, 0.00, sum(net), 0.00 FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_before(day) AND net <> 0 GROUP BY 1, 2
      UNION ALL
      SELECT product, currency, 0, 0, 0.00, 0.00, 0.00, 0.00, 0.00, sum(net) FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_last_year(day) AND net <> 0 GROUP BY 1, 2) compared
GROUP BY product, currency ORDER BY sum(net) DESC, product, currency
