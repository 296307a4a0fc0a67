-- Which channel brought the person (first touch)?
-- ru: Какой канал привёл человека (первое касание)?
-- utm of the buyer, as the order shows it.
-- orders, paid_amount: orders created in the range; net: payments made in the range. Empty: no utm.
-- answers: 6
-- of: sales
-- apart: payments day
-- apart: orders created_on
-- chart: bar utm_source net currency
-- rows: report.sales day
SELECT utm_source, utm_medium, utm_campaign, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, round(100.0 * sum(paid_orders) / nullif(sum(orders), 0), 1) AS paid_percent,
       sum(paid_amount) AS paid_amount, sum(net) AS net
FROM report.sales_by_person_channel WHERE :in_range(day) GROUP BY utm_source, utm_medium, utm_campaign, currency ORDER BY sum(net) DESC, utm_source, utm_medium, utm_campaign, currency
