-- What became of one attempt. $1 delivery, $2 attempts so far, $3 why it did not arrive (empty: it
-- did), $4 attempts allowed, $5 time until the next.
UPDATE journal.delivery
SET attempts = $2::integer,
    sent_at = CASE WHEN $3::text = '' THEN clock_timestamp() END,
    given_up = $3::text <> '' AND $2::integer >= $4::integer,
    message = left($3::text, 500),
    next_at = clock_timestamp() + $5::interval
WHERE id = $1
