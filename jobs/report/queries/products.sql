-- What sells?
-- ru: Что продаётся?
-- orders, paid_orders, paid_amount: orders created in the range; received, returned, net: payments made in the range.
-- One text per order however many items it has; variants of a name stay apart. net_percent: share of the currency.
-- answers: 5
-- of: sales
-- apart: payments day
-- apart: orders created_on
-- chart: bar product net currency
-- rows: report.sales day
SELECT product, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(paid_amount) AS paid_amount, sum(received) AS received, sum(returned) AS returned, sum(net) AS net,
       round(100 * sum(net) / nullif(sum(sum(net)) OVER (PARTITION BY currency), 0), 1) AS net_percent
FROM report.sales_by_product WHERE :in_range(day) GROUP BY product, currency ORDER BY sum(net) DESC, product, currency
