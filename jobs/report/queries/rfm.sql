-- Which kinds of buyers are there?
-- ru: Какие сегменты покупателей есть (RFM)?
-- ru: Давность, частота и деньги от 1 до 5 по месту внутри валюты. Лучшие: всё от 4; верные: недавно и часто; недавние; спящие: покупали часто или много, но давно; ушедшие; средние.
-- ru: Места внутри валюты: плативший в двух стоит в обеих.
-- Recency, frequency and money from 1 to 5 by rank within the currency. champion: all 4 and above; loyal: recent and often; recent; sleeping: was often or much, long ago; lost; middle.
-- Ranks are within a currency: who paid in two stands in both.
-- answers: 16
-- group: people
-- of: buyers
-- apart: orders money_on
-- apart: nobody money_on
-- chart: bar segment paid_amount currency
-- rows: report.rfm last_money_on
-- sums: people,orders,paid_amount
-- drill: segment,currency
-- figure: people = rows of report.rfm last_money_on
-- figure: orders,paid_amount = sum() of report.rfm last_money_on
SELECT segment, currency, count(*) AS people, sum(orders) AS orders, sum(paid_amount) AS paid_amount, round(avg(recency_days)) AS average_recency_days
FROM report.rfm_scores WHERE :in_range(last_money_on) GROUP BY segment, currency ORDER BY sum(paid_amount) DESC, segment, currency
