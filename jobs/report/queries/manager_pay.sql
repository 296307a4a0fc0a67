-- What is a manager's share?
-- ru: Сколько причитается менеджеру?
-- ru: Выплата: процент от полученного за вычетом возвращённого и комиссий, по месяцу платежа; возврат после выплаты уменьшает тот месяц, в котором случился.
-- ru: Процент: report.manager_shares, иначе manager_share из report.settings.
-- pay: percent of received less returned less fees, by month of payment; a refund after pay-day lowers the month in which it happens.
-- Percent: report.manager_shares, else manager_share of report.settings.
-- answers: 10
-- group: managers
-- of: payments
-- apart: payments day
-- wants: manager_shares|settings.manager_share INSERT INTO report.manager_shares VALUES ('Имя', 10)
-- chart: bar month pay manager
-- rows: report.payments day
-- sums: received,returned,net,fee,base,pay
-- drill: manager,currency
-- figure: received = sum(amount) of report.payments day where counted AND kind = 'received'
-- figure: returned = minus(net) of report.payments day where counted AND kind = 'returned'
-- figure: net = sum() of report.payments day where counted AND kind IN ('received', 'returned')
-- figure: fee = sum() of report.payments day where counted AND kind = 'received'
SELECT m.month, m.manager, m.currency, m.received, m.returned, m.net, m.fee, m.net - m.fee AS base, p.percent, round((m.net - m.fee) * p.percent / 100, 2) AS pay
FROM (SELECT :month(day) AS month, manager, currency, coalesce(sum(amount) FILTER (WHERE kind = 'received'), 0.00) AS received, coalesce(sum(abs(amount)) FILTER (WHERE kind = 'returned'), 0.00) AS returned,
             sum(net) AS net, coalesce(sum(fee) FILTER (WHERE kind = 'received'), 0.00) AS fee
      FROM report.payments WHERE kind IN ('received', 'returned') AND counted AND :in_range(day) GROUP BY 1, 2, 3) m
CROSS JOIN (SELECT manager_share FROM report.settings LIMIT 1) z LEFT JOIN report.manager_shares s ON s.manager = m.manager
CROSS JOIN LATERAL (SELECT CASE WHEN m.manager = '(none)' THEN 0.00 ELSE coalesce(s.percent, z.manager_share) END AS percent) p
ORDER BY 1, 2, 3
