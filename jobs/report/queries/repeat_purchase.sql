-- Who buys again, after how long, and what?
-- ru: Кто покупает снова, через сколько и что?
-- ru: Покупатели по первому оплаченному заказу и по следующему за ним; (пока нет): следующего не было. Человек считается один раз, в каких бы валютах ни платил.
-- ru: Медиана дней: между деньгами обоих; из двух средних берётся их среднее. Промежуток: день первых денег.
-- Buyers by their first paid order and by the one after it; (not yet): there is none. A person counts once, whatever currencies.
-- median_days: between the money of both; of two middles the mean. Range: day of the first money.
-- answers: 15
-- group: sales
-- of: buyers
-- apart: orders money_on
-- apart: nobody money_on
-- chart: bar first_product buyers next_product
-- gap: zero
-- rows: report.paid_orders money_on
-- days: report.buyers first_money_on
WITH following AS (
    SELECT user_id, product, money_on, row_number() OVER w AS no, lead(product) OVER w AS next_product, lead(money_on) OVER w - money_on AS days
    FROM report.paid_orders WHERE user_id IS NOT NULL AND (:whole() OR user_id = ANY (ARRAY(SELECT user_id FROM report.buyers WHERE :in_range(first_money_on)))) WINDOW w AS (PARTITION BY user_id ORDER BY money_on, order_id)
)
SELECT product AS first_product, coalesce(next_product, '(not yet)') AS next_product, count(*) AS buyers, round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY product), 1) AS percent_of_first,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY days))::numeric, 1) AS median_days
FROM following WHERE no = 1 AND :in_range(money_on) GROUP BY product, next_product ORDER BY sum(count(*)) OVER (PARTITION BY product) DESC, 1, 3 DESC, 2
