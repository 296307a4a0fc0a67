-- Where do people and buyers come from?
-- ru: Откуда люди и покупатели?
-- Built-in fields country and city, whole base; a row per currency of their orders, empty: bought nothing.
-- answers: 25
-- of: people
-- chart: bar city people currency
SELECT country, city, currency, people, buyers, paid_orders, paid_amount FROM report.geography ORDER BY people DESC, country, city, currency
