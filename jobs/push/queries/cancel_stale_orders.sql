-- Cancel orders that nobody has paid anything for within 60 days
-- ru: Отменить заказы, за которые 60 дней ничего не платили
-- mode: update
-- limit: 1000
-- New orders and those waiting for payment, not free, created more than 60 days ago. Where the account refuses an
-- edit without a cost («Не указана стоимость»), the mirror's goes along by itself. Access that an order has given is not taken away by this.
SELECT o.order_number AS deal_number, o.email, 'cancelled' AS deal_status
FROM report.orders o CROSS JOIN report.clock c
WHERE o.counted AND NOT o.is_paid AND o.status_code IN ('new', 'payment_waiting') AND o.created_on < c.today - 60
ORDER BY o.created_on, o.order_id
