-- Whether plan $1 may go: state, content as approved, in time, until when.
SELECT p.state,
       p.hash = outbox.plan_hash(p.id)
       AND EXISTS (SELECT FROM outbox.approval a WHERE a.plan_id = p.id AND a.hash = p.hash),
       p.expires_at > clock_timestamp(), p.expires_at::timestamptz(0)::text
FROM outbox.plan p
WHERE p.id = $1
