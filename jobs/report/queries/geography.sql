-- Where do people and buyers come from?
-- ru: Откуда люди и покупатели?
-- ru: Встроенные поля «страна» и «город» по всей базе; человек считается один раз, в каких бы валютах ни платил.
-- Built-in fields country and city, whole base; a person counts once, whatever currencies they paid in.
-- answers: 25
-- group: people
-- of: people
-- chart: bar city people,buyers
-- sums: people,buyers,paid_orders
-- drill: country,city
-- figure: people = rows of report.people registered_on where counted
SELECT country, city, sum(people) AS people, sum(buyers) AS buyers, sum(paid_orders) AS paid_orders, string_agg(paid_amount || ' ' || currency, ', ' ORDER BY currency) FILTER (WHERE paid_orders > 0) AS paid
FROM report.geography GROUP BY country, city ORDER BY sum(people) DESC, country, city
