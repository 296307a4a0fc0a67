-- As of when the rows of each table are known. Groups come as a list: theirs is the newest list.
SELECT t.name,
       to_char((CASE WHEN t.name = 'groups'
                     THEN (SELECT max(coalesce(e.started_at, e.received_at))
                           FROM journal.export e
                           WHERE e.resource = 'groups' AND e.state = 'loaded')
                     ELSE (SELECT f.new_rows_as_of
                           FROM journal.freshness f
                           WHERE f.table_name = t.name) END) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM unnest($1::text[]) WITH ORDINALITY t (name, position)
ORDER BY t.position
