-- orders with what it joins
SELECT f.*, d1.week AS created_on_week, d1.month AS created_on_month, d1.quarter AS created_on_quarter, d1.year AS created_on_year, d1.weekday AS created_on_weekday, d2.first_order_on AS manager_first_order_on, d3.first_order_on AS product_first_order_on, d4.registered_on AS person_registered_on, d4.country AS person_country, d4.city AS person_city, d4.age_band AS person_age_band
FROM report.orders f
LEFT JOIN report.dim_date d1 ON d1.day = f.created_on
LEFT JOIN report.dim_manager d2 ON d2.manager = f.manager
LEFT JOIN report.dim_product d3 ON d3.product = f.product
LEFT JOIN report.people d4 ON d4.user_id = f.user_id;
-- payments with what it joins
SELECT f.*, d1.week AS day_week, d1.month AS day_month, d1.quarter AS day_quarter, d1.year AS day_year, d1.weekday AS day_weekday, d2.registered_on AS person_registered_on, d2.country AS person_country, d2.city AS person_city, d2.age_band AS person_age_band
FROM report.payments f
LEFT JOIN report.dim_date d1 ON d1.day = f.day
LEFT JOIN report.people d2 ON d2.user_id = f.user_id;
