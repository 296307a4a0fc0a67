-- How old are people and buyers?
-- ru: Сколько лет людям и покупателям?
-- ru: Возраст, как его считает GetCourse, по всей базе; человек считается один раз, в каких бы валютах ни платил.
-- Age as GetCourse counts it, whole base; a person counts once, whatever currencies they paid in.
-- answers: 25
-- group: people
-- of: people
-- chart: bar age_band people,buyers
-- order: rows
-- sums: people,buyers,paid_orders
-- drill: age_band
-- figure: people = rows of report.people registered_on where counted
SELECT age_band, sum(people) AS people, sum(buyers) AS buyers, sum(paid_orders) AS paid_orders, string_agg(paid_amount || ' ' || currency, ', ' ORDER BY currency) FILTER (WHERE paid_orders > 0) AS paid
FROM report.age_bands GROUP BY age_band ORDER BY age_band
