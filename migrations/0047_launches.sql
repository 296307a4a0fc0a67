-- report: launches read the sales of a day where they are summed already.
CREATE OR REPLACE VIEW report.launch_curves AS
WITH sold AS MATERIALIZED (
    SELECT product, day, currency, orders, paid_orders, net FROM report.sales_by_product
), launch AS (
    SELECT l.launch, p.product, l.starts_on, l.ends_on FROM report.launches l JOIN (SELECT DISTINCT product FROM sold) p ON p.product = l.product OR p.product ILIKE l.product
    UNION ALL
    SELECT product, product, min(day) FILTER (WHERE orders > 0), 'infinity' FROM sold WHERE NOT EXISTS (SELECT FROM report.launches) GROUP BY product
), days AS (
    SELECT l.launch, l.starts_on, s.day, s.currency, sum(s.orders)::bigint AS orders, sum(s.paid_orders)::bigint AS paid_orders, sum(s.net) AS net
    FROM launch l JOIN sold s ON s.product = l.product AND s.day BETWEEN l.starts_on AND l.ends_on
    GROUP BY l.launch, l.starts_on, s.day, s.currency
)
SELECT launch, day - starts_on AS day_no, day, currency, orders, paid_orders, net,
       sum(orders) OVER sofar AS cumulative_orders, sum(net) OVER sofar AS cumulative_net
FROM days WINDOW sofar AS (PARTITION BY launch, currency ORDER BY day);
