-- The last nights, as serve's nights.sql has them, and how long each took. $1 now, $2 zone.
SELECT day, state, coalesce(extract(epoch FROM finished_at - started_at), 0)::bigint AS seconds
FROM ({{nights}}) x
ORDER BY day
