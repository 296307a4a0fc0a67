-- $1 zone: bodies that were refused and that no other export stands for since.
SELECT export_id AS export, about, rows, to_char(received_at AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS received, reason
FROM journal.refused_now
ORDER BY export_id
