-- An export the service gave a second time: both of its times are kept.
ALTER TABLE journal.export ADD COLUMN repeated_at timestamptz;
COMMENT ON COLUMN journal.export.repeated_at IS
    'When the service gave an export_id that it had given before; started_at is then the first start, since the data are as old. NULL: not repeated.';

-- Repeated exports of older versions have the moment of the repetition as their start.
UPDATE journal.export AS e
SET repeated_at = e.started_at, started_at = first.started_at
FROM (SELECT service_id, min(started_at) AS started_at
      FROM journal.export
      WHERE service_id <> '' AND NOT repeated AND started_at IS NOT NULL
      GROUP BY service_id) AS first
WHERE e.repeated AND e.service_id = first.service_id AND e.started_at > first.started_at;
