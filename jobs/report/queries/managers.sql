-- What did each manager take in and sell?
-- ru: Сколько заказов и денег у каждого менеджера?
-- orders: created in the range; money: payments made in the range. A renamed manager is two; (none): nobody.
-- answers: 9
-- of: sales
-- apart: payments day
-- apart: orders created_on
-- chart: bar manager net currency
-- rows: report.sales day
SELECT manager, department, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(won_orders) AS won_orders, sum(received) AS received, sum(returned) AS returned, sum(net) AS net
FROM report.sales_by_manager WHERE :in_range(day) GROUP BY manager, department, currency ORDER BY sum(net) DESC, manager, department, currency
