-- Custom fields that may be written.
SELECT table_name, field_id, title, ordinal, name, type
FROM mirror.custom_fields
WHERE policy <> 'quarantine'
ORDER BY table_name, position
