-- Which orders changed their status?
-- ru: Какие заказы сменили статус?
-- ru: Строка на каждое изменение, по дню состояния, в котором его увидели.
-- One row per change, on the day of the state that showed it.
-- answers: 30
-- group: sales
-- of: changes
-- as-of: no
-- rows: report.changes day
SELECT day, order_id, order_number, person_name, product, manager, currency, cost, paid_amount, from_status, to_status FROM report.changes WHERE :in_range(day) ORDER BY changed_at DESC, order_id
