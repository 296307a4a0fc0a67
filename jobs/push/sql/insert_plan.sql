INSERT INTO outbox.plan (name, source, object, mode, query, made_by, expires_at, requests,
                         creations, payments, already_so, refused, refusals, warnings)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::interval, $8, $9, $10, $11, $12,
        $13::jsonb, to_jsonb($14::text[]))
RETURNING id
