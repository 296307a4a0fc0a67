-- What others had spent when the oldest 903 of the window came. $1 limit, $2 window.
SELECT $1::int - (SELECT count(*) FROM journal.request r
                  WHERE r.counts AND r.id < q.id AND r.sent_at > q.sent_at - $2::interval)
FROM journal.request q
WHERE q.answer = 'OverLimit' AND q.sent_at > clock_timestamp() - $2::interval
ORDER BY q.id
LIMIT 1
