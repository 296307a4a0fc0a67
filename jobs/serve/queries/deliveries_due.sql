-- Messages that are to be sent now, oldest first. $1 language.
SELECT d.id, d.channel, d.kind, d.attempts,
       coalesce(a.code, CASE d.kind WHEN 'good_night' THEN d.kind END, ''),
       coalesce(a.about, d.day::text, ''),
       coalesce(a.level, CASE d.kind WHEN 'good_night' THEN 'event' END, ''),
       coalesce(CASE WHEN $1 = 'ru' THEN a.text_ru ELSE a.text_en END, d.text)
FROM journal.delivery d
LEFT JOIN journal.alert a ON a.id = d.alert_id
WHERE d.sent_at IS NULL AND NOT d.given_up AND d.next_at <= clock_timestamp()
ORDER BY d.id
LIMIT 50
