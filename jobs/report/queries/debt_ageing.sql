-- How old are the debts?
-- ru: Какого возраста долги?
-- ru: Долги (отчёт debts) по числу дней с последних денег до сегодняшнего дня данных. Ожидается: объявленные платежи. Промежуток: день создания.
-- Debts (report debts) by days since their last money, to today of the data. expected: payments announced. Range: day of creation.
-- answers: 12
-- group: money
-- of: debts
-- apart: orders created_on
-- chart: bar age owed currency
-- order: rows
-- rows: report.debts created_on
-- sums: orders,paid_amount,owed,expected
SELECT age, currency, count(*) AS orders, sum(paid_amount) AS paid_amount, sum(owed) AS owed, sum(expected) AS expected
FROM (SELECT d.*, CASE WHEN days_since_money IS NULL THEN 6 WHEN days_since_money <= 7 THEN 1 WHEN days_since_money <= 30 THEN 2 WHEN days_since_money <= 60 THEN 3 WHEN days_since_money <= 90 THEN 4 ELSE 5 END AS n,
             CASE WHEN days_since_money IS NULL THEN 'money without a date' WHEN days_since_money <= 7 THEN 'up to 7 days' WHEN days_since_money <= 30 THEN '8 to 30 days'
                  WHEN days_since_money <= 60 THEN '31 to 60 days' WHEN days_since_money <= 90 THEN '61 to 90 days' ELSE 'over 90 days' END AS age
      FROM report.debts d WHERE :in_range(created_on)) aged
GROUP BY n, age, currency ORDER BY n, currency
