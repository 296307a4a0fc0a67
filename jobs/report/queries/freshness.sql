-- How fresh is the mirror?
-- ru: Насколько свежи данные?
-- ru: В зеркале есть строки, созданные до этих моментов, и изменения, сделанные до них (в поясе аккаунта).
-- Rows created, and changes made, before these moments (in the account's zone) are in the mirror.
-- answers: 30
-- group: quality
-- of: tables
-- as-of: no
SELECT table_name, new_rows_as_of AT TIME ZONE zone AS new_rows_as_of, changes_as_of AT TIME ZONE zone AS changes_as_of, from_day, to_day, run_id, run_state, loaded_at AT TIME ZONE zone AS loaded_at, balanced, rejects
FROM report.freshness ORDER BY table_name
