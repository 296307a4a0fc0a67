-- Messages that are to be sent now, oldest first. $1 language.
SELECT d.id, d.channel, d.kind, d.attempts, coalesce(a.code, ''), coalesce(a.about, ''),
       coalesce(a.level, ''),
       coalesce(CASE WHEN $1 = 'ru' THEN a.text_ru ELSE a.text_en END, '')
FROM journal.delivery d
LEFT JOIN journal.alert a ON a.id = d.alert_id
WHERE d.sent_at IS NULL AND NOT d.given_up AND d.next_at <= clock_timestamp()
ORDER BY d.id
LIMIT 50
