-- What sells by offer tag?
-- ru: Что продаётся по тегам предложений?
-- ru: По дню создания заказа. Заказ с несколькими тегами считается в каждом из них: строки не складываются в итог.
-- By creation of the order. An order with several tags counts once in each: rows do not add up to the total.
-- answers: 5
-- group: sales
-- of: orders
-- apart: orders created_on
-- chart: bar offer_tag paid_amount currency
-- rows: report.orders created_on
SELECT offer_tag, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(paid_amount) AS paid_amount
FROM report.sales_by_offer_tag WHERE :in_range(day) GROUP BY offer_tag, currency ORDER BY sum(paid_amount) DESC, offer_tag, currency
