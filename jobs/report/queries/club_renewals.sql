-- How many members renew in time?
-- ru: Сколько участников клуба продлевает вовремя?
-- ru: Клубы берутся из report.clubs: оплаченный заказ продукта действует указанное число дней. По дню, когда срок кончается.
-- Clubs come from report.clubs: a paid order of the product lasts step_days. By the day a term ends.
-- answers: 20
-- group: access
-- of: terms that ended
-- needs: clubs INSERT INTO report.clubs VALUES ('Клуб', 'Клуб%', 30)
-- days: report.club_renewals day
-- chart: line period due,renewed_within_3_days club
-- sums: due,renewed_on_the_day,renewed_within_1_day,renewed_within_3_days,renewed_within_30_days,not_renewed
SELECT club, :period(day) AS period, sum(due) AS due, sum(renewed_on_the_day) AS renewed_on_the_day, sum(renewed_within_1_day) AS renewed_within_1_day,
       sum(renewed_within_3_days) AS renewed_within_3_days, sum(renewed_within_30_days) AS renewed_within_30_days, sum(not_renewed) AS not_renewed,
       round(100.0 * sum(not_renewed) / nullif(sum(due), 0), 1) AS churn_percent
FROM report.club_renewals WHERE :in_range(day) GROUP BY 1, 2 ORDER BY 1, 2
