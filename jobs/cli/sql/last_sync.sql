-- The newest sync, how it ended, and how long ago it began.
SELECT id, state, coalesce(reason, ''),
       CASE WHEN seconds < 7200 THEN floor(seconds / 60) || ' min'
            WHEN seconds < 172800 THEN floor(seconds / 3600) || ' h'
            ELSE floor(seconds / 86400) || ' d' END
FROM journal.run
CROSS JOIN LATERAL (SELECT extract(epoch FROM clock_timestamp() - started_at) AS seconds) age
WHERE job = 'sync'
ORDER BY id DESC
LIMIT 1
