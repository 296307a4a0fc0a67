-- Write what a person has paid so far, and their RFM segment, into the custom fields LTV and RFM-сегмент
-- ru: Записать сумму покупок и RFM-сегмент в поля «LTV» и «RFM-сегмент»
-- mode: update
-- limit: 20000
-- Both fields must exist in the school (profile fields: number and text). Only what differs is sent; LTV is in whole roubles.
SELECT r.email, round(r.paid_amount)::text AS "field:LTV", r.segment AS "field:RFM-сегмент"
FROM report.rfm r JOIN report.people p USING (user_id)
WHERE r.currency = 'RUB' AND p.counted AND r.email <> ''
ORDER BY r.user_id
