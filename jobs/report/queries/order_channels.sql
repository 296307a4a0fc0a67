-- Which channel brought the order (last touch)?
-- ru: Какой канал привёл заказ (последнее касание)?
-- ru: Метки utm заказа.
-- ru: Заказы и оплачено: заказы, созданные в промежутке; чистыми: платежи промежутка. Пусто: меток нет.
-- ru: Чистыми за период до и год назад: смотрите под таблицей.
-- utm of the order.
-- orders, paid_amount: orders created in the range; net: payments made in the range. Empty: no utm.
-- net_before, net_last_year: net of the period before and of last year, see below the table.
-- answers: 6
-- group: channels
-- of: sales
-- apart: payments day
-- apart: orders created_on
-- chart: bar utm_source net currency
-- rows: report.sales day
-- sums: orders,paid_orders,paid_amount,net
-- drill: utm_source,utm_medium,utm_campaign,currency
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_orders = rows of report.orders created_on where counted AND is_paid
-- figure: paid_amount = sum() of report.orders created_on where counted
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
SELECT utm_source, utm_medium, utm_campaign, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(paid_amount) AS paid_amount, sum(net) AS net,
       CASE WHEN :compared() THEN sum(net_before) END AS net_before, CASE WHEN :compared() THEN sum(net_last_year) END AS net_last_year
FROM (SELECT utm_source, utm_medium, utm_campaign, currency, 0 AS orders, 0 AS paid_orders, 0.00 AS paid_amount, coalesce(sum(net), 0.00) AS net, 0.00 AS net_before, 0.00 AS net_last_year FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_range(day) GROUP BY 1, 2, 3, 4
      UNION ALL
      SELECT utm_source, utm_medium, utm_campaign, currency, count(*), count(*) FILTER (WHERE is_paid), coalesce(sum(paid_amount), 0.00), 0.00, 0.00, 0.00 FROM report.orders WHERE counted AND :in_range(created_on) GROUP BY 1, 2, 3, 4
      UNION ALL
      SELECT utm_source, utm_medium, utm_campaign, currency, 0, 0, 0.00, 0.00, sum(net), 0.00 FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_before(day) AND net <> 0 GROUP BY 1, 2, 3, 4
      UNION ALL
      SELECT utm_source, utm_medium, utm_campaign, currency, 0, 0, 0.00, 0.00, 0.00, sum(net) FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_last_year(day) AND net <> 0 GROUP BY 1, 2, 3, 4) compared
GROUP BY utm_source, utm_medium, utm_campaign, currency ORDER BY sum(net) DESC, utm_source, utm_medium, utm_campaign, currency
