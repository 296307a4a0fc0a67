-- The morning of a day for one channel, once. $1 channel, $2 day, $3 what is said, $4 why nothing
-- can be said (empty: it can).
INSERT INTO journal.delivery (kind, channel, day, text, given_up, message)
VALUES ('good_night', $1, $2::date, $3, $4 <> '', left($4, 500))
ON CONFLICT DO NOTHING
