-- A condition that is new: an alert; an event is over as soon as it is told. $1 code, $2 about,
-- $3 level, $4 English, $5 Russian.
INSERT INTO journal.alert (code, about, level, text_en, text_ru, recovered_at)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $3 = 'event' THEN clock_timestamp() END)
RETURNING id
