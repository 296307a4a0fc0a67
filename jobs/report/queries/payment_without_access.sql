-- Who paid and has no access?
-- ru: Кто оплатил и не имеет доступа?
-- ru: Оплаченные и не возвращённые заказы из report.access_rules, покупатель которых не состоит ни в одной из групп, открываемых продуктом. Промежуток: день, когда пришли деньги.
-- Paid, not returned orders of report.access_rules whose buyer is in none of the groups the product opens. Range: day the money came.
-- answers: 21
-- group: access
-- of: such orders
-- needs: access_rules INSERT INTO report.access_rules VALUES ('Доступ%', 'Курс%')
-- rows: report.payment_without_access money_on
SELECT order_id, order_number, person_name, email, phone, product, currency, paid_amount, money_on, expected_group FROM report.payment_without_access WHERE :in_range(money_on) ORDER BY money_on, order_id
