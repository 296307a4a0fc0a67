-- How does a launch sell day by day?
-- ru: Как продаётся запуск по дням?
-- Launches of report.launches; when there are none, each product from its first order. Day 0 is the first.
-- answers: 17
-- of: sales
-- apart: payments day
-- chart: line day_no cumulative_net launch
-- gap: carry
-- rows: report.sales day
SELECT launch, day_no, day, currency, orders, paid_orders, net, cumulative_orders, cumulative_net FROM report.launch_curves WHERE :in_range(day) ORDER BY launch, currency, day_no
