-- Which refunds disagree?
-- ru: Где сведения о возвратах расходятся?
-- ru: Заказы, у которых возврат виден по статусу, платежам или тегам, но не по всем трём. Теги: refund_tags из report.settings. Промежуток: день создания.
-- Orders that show a return in one of status, payments and tags but not in all. Tags: refund_tags of report.settings. Range: day of creation.
-- answers: 14
-- group: money
-- of: disagreements
-- rows: report.refund_disagreements created_on
-- sums: paid_amount,received,returned
SELECT order_id, order_number, person_name, product, currency, status, paid_amount, received, returned, in_status, in_payments, in_tags
FROM report.refund_disagreements WHERE :in_range(created_on) ORDER BY order_id
