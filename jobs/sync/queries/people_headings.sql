-- $1 moment: the layouts in which people were loaded since.
SELECT DISTINCT headings::text
FROM journal.export
WHERE resource = 'users' AND state = 'loaded' AND loaded_at > $1
