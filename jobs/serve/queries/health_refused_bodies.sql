-- Bodies that came and were refused, newest first: what they are about, why, how many rows they hold.
SELECT about, reason, rows
FROM journal.refused_now
ORDER BY export_id DESC
LIMIT 20
