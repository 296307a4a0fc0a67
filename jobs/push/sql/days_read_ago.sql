-- How long ago, in microseconds, days $2..$3 of table $1 were last read whole by one export.
SELECT (extract(epoch FROM clock_timestamp() - max(as_of)) * 1000000)::bigint
FROM journal.coverage
WHERE table_name = $1 AND filter = 'created_at' AND complete
  AND from_day <= $2::date AND to_day >= $3::date
