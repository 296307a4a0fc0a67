-- What changed since yesterday?
-- ru: Что изменилось со вчерашнего дня?
-- ru: Заказы по прежнему и новому статусу, по дню состояния, в котором это увидели. Видно при сравнении отзеркаленных состояний: GetCourse истории не хранит.
-- Orders by old and new status, on the day of the state that showed it. Seen by comparing mirrored states: GetCourse keeps no history.
-- answers: 30
-- group: sales
-- of: changes
-- as-of: no
-- rows: report.changes day
SELECT day, from_status, to_status, currency, orders, cost FROM report.status_changes WHERE :in_range(day) ORDER BY day DESC, orders DESC, from_status, to_status, currency
