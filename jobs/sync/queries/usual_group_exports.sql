-- Exports group by group in each of the newest runs that asked for the list of groups, on average.
SELECT coalesce(avg(n), 0)
FROM (
    SELECT count(*) FILTER (WHERE resource = 'group_users') AS n
    FROM journal.export
    WHERE run_id IN (SELECT id FROM journal.run WHERE job = 'sync' ORDER BY id DESC LIMIT 20)
    GROUP BY run_id
    HAVING bool_or(resource = 'groups')
    ORDER BY run_id DESC
    LIMIT 7) x
