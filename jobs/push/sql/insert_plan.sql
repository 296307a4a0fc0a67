INSERT INTO outbox.plan (name, source, object, mode, query, made_by, expires_at, requests,
                         creations, payments, already_so, refused, refusals, warnings,
                         mirror_as_of, os_user)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::interval, $8, $9, $10, $11, $12,
        $13::jsonb, to_jsonb($14::text[]), $15::timestamptz, $16)
RETURNING id
