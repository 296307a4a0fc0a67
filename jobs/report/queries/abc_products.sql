-- Which few products bring most of the money (ABC)?
-- ru: Какие немногие продукты приносят почти все деньги (ABC)?
-- ru: По платежам промежутка за вычетом возвратов, от больших к меньшим. A: до 80 процентов денег валюты, B: до 95, C: остальные.
-- By net of payments made in the range, largest first. A: up to 80 percent of the currency's money, B: up to 95, C: the rest.
-- answers: 5
-- group: sales
-- of: payments
-- apart: payments day
-- chart: share abc net currency
-- order: rows
-- rows: report.sales day
-- sums: net
-- drill: product,currency
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
SELECT product, currency, net, percent, running_percent, CASE WHEN running_percent - percent < 80 THEN 'A' WHEN running_percent - percent < 95 THEN 'B' ELSE 'C' END AS abc
FROM (SELECT product, currency, net, round(100 * net / nullif(sum(greatest(net, 0)) OVER (PARTITION BY currency), 0), 2) AS percent,
             round(100 * sum(greatest(net, 0)) OVER (PARTITION BY currency ORDER BY net DESC, product) / nullif(sum(greatest(net, 0)) OVER (PARTITION BY currency), 0), 2) AS running_percent
      FROM (SELECT product, currency, sum(net) AS net FROM report.payments WHERE counted AND kind IN ('received', 'returned') AND :in_range(day) GROUP BY 1, 2 HAVING sum(net) <> 0) sold) shares
ORDER BY currency, net DESC, product
