-- What did each manager take in and sell?
-- ru: Сколько заказов и денег у каждого менеджера?
-- orders: created in the range; money: payments made in the range. A renamed manager is two; (none): nobody.
-- net_before, net_last_year: net of the period before and of last year, see below the table.
-- answers: 9
-- of: sales
-- apart: payments day
-- apart: orders created_on
-- chart: bar manager net currency
-- rows: report.sales day
SELECT manager, department, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(won_orders) AS won_orders, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       CASE WHEN :compared() THEN sum(net_before) END AS net_before, CASE WHEN :compared() THEN sum(net_last_year) END AS net_last_year
FROM (SELECT manager, department, currency, orders, paid_orders, won_orders, received, returned, net, 0.00 AS net_before, 0.00 AS net_last_year FROM report.sales_by_manager WHERE :in_range(day)
      UNION ALL
      SELECT manager, department, currency, 0, 0, 0, 0.00, 0.00, 0.00, net, 0.00 FROM report.sales_by_manager WHERE :in_before(day) AND net <> 0
      UNION ALL
      SELECT manager, department, currency, 0, 0, 0, 0.00, 0.00, 0.00, 0.00, net FROM report.sales_by_manager WHERE :in_last_year(day) AND net <> 0) compared
GROUP BY manager, department, currency ORDER BY sum(net) DESC, manager, department, currency
