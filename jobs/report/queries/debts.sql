-- Who owes how much?
-- ru: Кто и сколько должен?
-- ru: Заказы, оплаченные частично, не отменённые и не ждущие возврата. Ожидается: объявленные платежи. Промежуток: день создания.
-- Orders paid in part, neither cancelled nor waiting for a return. expected: payments announced. Range: day of creation.
-- answers: 12
-- group: money
-- of: debts
-- apart: orders created_on
-- rows: report.debts created_on
-- sums: cost,paid_amount,owed,expected
SELECT order_id, order_number, person_name, email, phone, product, manager, currency, cost, paid_amount, owed, expected, created_on, last_money_on, days_since_money
FROM report.debts WHERE :in_range(created_on) ORDER BY owed DESC, order_id
