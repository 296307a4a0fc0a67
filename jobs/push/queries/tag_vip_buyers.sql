-- Put everybody who has paid 50 000 RUB or more into the group VIP
-- ru: Добавить в группу «VIP» всех, кто заплатил от 50 000 рублей
-- mode: update
-- limit: 5000
-- By the paid amount of orders, in roubles, set-apart people left out. People who are in the group already cost nothing.
SELECT p.email, 'VIP' AS group_add
FROM report.people p
JOIN (SELECT user_id FROM report.paid_orders WHERE currency = 'RUB' GROUP BY user_id HAVING sum(paid_amount) >= 50000) paid USING (user_id)
WHERE p.counted AND p.email <> ''
ORDER BY p.user_id
