-- Who has access without having paid?
-- ru: У кого есть доступ без оплаты?
-- ru: Участники групп из report.access_rules, у которых нет оплаченного заказа продукта, открывающего группу. Это подсказка, а не доказательство. Промежуток: день вступления.
-- Members of the groups of report.access_rules without a paid order of a product that opens it. A hint, not a proof. Range: day of joining.
-- answers: 21
-- group: access
-- of: such people
-- needs: access_rules INSERT INTO report.access_rules VALUES ('Доступ%', 'Курс%')
-- days: report.access_without_payment joined_on
SELECT group_name, user_id, person_name, email, phone, joined_on, expected_product FROM report.access_without_payment WHERE :in_range(joined_on) ORDER BY group_name, user_id
