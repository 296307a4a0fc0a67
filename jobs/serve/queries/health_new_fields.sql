-- Custom fields that run $1 met first.
SELECT f.table_name || ': ' || coalesce(nullif(f.title, ''), f.name)
FROM mirror.custom_fields f
JOIN journal.run r ON r.id = $1
WHERE f.first_seen >= r.started_at
ORDER BY 1
