-- Which good buyers have not bought for long?
-- ru: Какие хорошие покупатели давно не покупали?
-- ru: Сегмент «спящие» отчёта rfm. Промежуток: день последних денег.
-- Segment sleeping of report rfm. Range: day of the last money.
-- answers: 16
-- group: people
-- of: sleeping buyers
-- rows: report.rfm last_money_on
-- sums: orders,paid_amount
-- days: report.buyers last_money_on
SELECT user_id, person_name, email, phone, currency, last_money_on, recency_days, orders, paid_amount, r_score, f_score, m_score
FROM report.rfm WHERE segment = 'sleeping' AND :in_range(last_money_on) ORDER BY paid_amount DESC, user_id
