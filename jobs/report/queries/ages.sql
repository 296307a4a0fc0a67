-- How old are people and buyers?
-- ru: Сколько лет людям и покупателям?
-- Age as GetCourse counts it, whole base; a row per currency of their orders, empty: bought nothing.
-- answers: 25
-- of: people
-- chart: bar age_band people currency
SELECT age_band, currency, people, buyers, paid_orders, paid_amount FROM report.age_bands ORDER BY age_band, currency
