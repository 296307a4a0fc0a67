-- The rows of new_segment_row are what was last planned of segment $1, as changes of plan $2.
INSERT INTO outbox.segment_row (segment, key, wanted, change_id)
SELECT $1, n.key, n.wanted, c.id
FROM new_segment_row n
LEFT JOIN outbox.change c ON n.row_no > 0 AND c.plan_id = $2 AND c.row_no = n.row_no
ON CONFLICT (segment, key) DO UPDATE
SET wanted = excluded.wanted, change_id = excluded.change_id, noted_at = clock_timestamp()
