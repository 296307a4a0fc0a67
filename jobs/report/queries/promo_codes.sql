-- What did promo codes and promotions bring?
-- ru: Что принесли промокоды и акции?
-- ru: По дню создания заказа. Сама скидка не выгружается.
-- By creation of the order. The discount itself is not exported.
-- answers: 23
-- group: sales
-- of: orders with a promo code
-- apart: orders created_on
-- chart: bar promo_code paid_amount currency
-- rows: report.orders created_on
-- sums: orders,paid_orders,cost,paid_amount
-- drill: promo_code,promotion,currency
-- figure: orders = rows of report.orders created_on where counted AND (promo_code <> '' OR promotion <> '')
-- figure: paid_orders = rows of report.orders created_on where counted AND (promo_code <> '' OR promotion <> '') AND is_paid
-- figure: cost,paid_amount = sum() of report.orders created_on where counted AND (promo_code <> '' OR promotion <> '')
SELECT promo_code, promotion, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(cost) AS cost, sum(paid_amount) AS paid_amount
FROM report.promo_codes WHERE :in_range(day) GROUP BY promo_code, promotion, currency ORDER BY sum(paid_amount) DESC, promo_code, promotion, currency
