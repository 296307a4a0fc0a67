-- Which instalments are expected, and when?
-- ru: Какие платежи рассрочек ожидаются и когда?
-- ru: Платежи «Ожидается» по дню, на который объявлены; просрочено: этот день прошёл, а денег нет.
-- ru: Возраст долгов за ними: отчёт debt_ageing.
-- Payments Ожидается by the day they are announced for; overdue: that day is past and the money has not come.
-- Ageing of the debts behind them: report debt_ageing.
-- answers: 12
-- group: money
-- of: expected payments
-- ahead: yes
-- chart: bar period expected,overdue currency
-- rows: report.payments day
-- sums: payments,expected,overdue
-- drill: currency
-- figure: payments = rows of report.payments day where counted AND kind = 'expected'
-- figure: expected = sum(amount) of report.payments day where counted AND kind = 'expected'
-- figure: overdue = sum(amount) of report.payments day where counted AND kind = 'expected' AND day < (SELECT today FROM report.clock)
SELECT :period(day) AS period, currency, count(*) AS payments, count(DISTINCT order_id) AS different_orders, sum(amount) AS expected,
       coalesce(sum(amount) FILTER (WHERE day < (SELECT today FROM report.clock)), 0.00) AS overdue
FROM report.payments WHERE kind = 'expected' AND counted AND :in_range(day) GROUP BY 1, 2 ORDER BY 1, 2
