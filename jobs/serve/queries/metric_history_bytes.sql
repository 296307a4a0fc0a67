-- help: Bytes of history on disk, indexes included.
-- type: gauge
SELECT table_name AS "table", bytes
FROM history.horizon
