-- What is a manager's share?
-- ru: Сколько причитается менеджеру?
-- pay: percent of received less returned less fees, by month of payment; a refund after pay-day lowers the month in which it happens.
-- Percent: report.manager_shares, else manager_share of report.settings.
-- answers: 10
-- of: payments
-- chart: bar month pay manager
-- rows: report.payments day
SELECT month, manager, currency, received, returned, net, fee, base, percent, pay FROM report.manager_pay WHERE :in_range(month) ORDER BY month, manager, currency
