-- What did each manager take in and sell?
-- ru: Сколько заказов и денег у каждого менеджера?
-- ru: Заказы: созданные в промежутке; деньги: платежи промежутка. Переименованный менеджер — это двое; (нет): ничей.
-- ru: Чистыми за период до и год назад: смотрите под таблицей.
-- orders: created in the range; money: payments made in the range. A renamed manager is two; (none): nobody.
-- net_before, net_last_year: net of the period before and of last year, see below the table.
-- answers: 9
-- group: managers
-- of: sales
-- apart: payments day
-- apart: orders created_on
-- chart: bar manager net currency
-- rows: report.sales day
-- sums: orders,paid_orders,won_orders,received,returned,net
-- drill: manager,department,currency
-- figure: orders = rows of report.orders created_on where counted
-- figure: paid_orders = rows of report.orders created_on where counted AND is_paid
-- figure: won_orders = rows of report.orders created_on where counted AND is_won
-- figure: received = sum(amount) of report.payments day where counted AND kind = 'received'
-- figure: returned = minus(net) of report.payments day where counted AND kind = 'returned'
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
SELECT manager, department, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(won_orders) AS won_orders, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       CASE WHEN :compared() THEN sum(net_before) END AS net_before, CASE WHEN :compared() THEN sum(net_last_year) END AS net_last_year
FROM (SELECT manager, department, currency, 0 AS orders, 0 AS paid_orders, 0 AS won_orders, coalesce(sum(amount) FILTER (WHERE kind = 'received'), 0.00) AS received, coalesce(sum(abs(amount)) FILTER (WHERE kind = 'returned'), 0.00) AS returned, coalesce(sum(net), 0.00) AS net, 0.00 AS net_before, 0.00 AS net_last_year FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_range(day) GROUP BY 1, 2, 3
      UNION ALL
      SELECT manager, department, currency, count(*), count(*) FILTER (WHERE is_paid), count(*) FILTER (WHERE is_won), 0.00, 0.00, 0.00, 0.00, 0.00 FROM report.orders WHERE counted AND :in_range(created_on) GROUP BY 1, 2, 3
      UNION ALL
      SELECT manager, department, currency, 0, 0, 0, 0.00, 0.00, 0.00, sum(net), 0.00 FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_before(day) AND net <> 0 GROUP BY 1, 2, 3
      UNION ALL
      SELECT manager, department, currency, 0, 0, 0, 0.00, 0.00, 0.00, 0.00, sum(net) FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_last_year(day) AND net <> 0 GROUP BY 1, 2, 3) compared
GROUP BY manager, department, currency ORDER BY sum(net) DESC, manager, department, currency
