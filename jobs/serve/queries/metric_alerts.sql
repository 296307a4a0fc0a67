-- help: Alerts: open and all ever raised.
-- type: gauge
SELECT k.what, k.n
FROM (
    SELECT count(*) FILTER (WHERE recovered_at IS NULL AND level <> 'event') AS o, count(*) AS a
    FROM journal.alert) x
CROSS JOIN LATERAL (VALUES ('open', x.o), ('raised', x.a)) k (what, n)
