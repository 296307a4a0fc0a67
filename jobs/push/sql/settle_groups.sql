-- Groups whose members were exported by themselves, and as of when.
SELECT g.name, to_char(max(e.started_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM journal.export e
JOIN mirror.groups g ON g.id = e.group_id
WHERE e.resource = 'group_users' AND e.state = 'loaded' AND g.name IS NOT NULL
GROUP BY g.name
