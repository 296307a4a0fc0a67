-- How many people reach each step?
-- ru: Сколько людей доходит до каждого шага воронки?
-- ru: Шаги берутся из report.funnel_steps: группы (записались, пришли), дополнительные поля (минуты просмотра), заказы, оплаченные заказы. Прошли по порядку: были и на всех прежних шагах.
-- Steps come from report.funnel_steps: groups (signed up, came), custom fields (minutes watched), orders, paid orders. people_in_order: reached all earlier steps, too.
-- answers: 18, 22
-- group: sales
-- of: funnels
-- needs: funnel_steps INSERT INTO report.funnel_steps VALUES ('Вебинар', 1, 'записались', 'group', 'Вебинар%', NULL)
-- chart: funnel title people_in_order funnel
-- order: rows
SELECT funnel, step_no, title, people, people_in_order, round(100.0 * people_in_order / nullif(first_value(people) OVER (PARTITION BY funnel ORDER BY step_no), 0), 1) AS percent_of_first
FROM report.funnels ORDER BY funnel, step_no
