-- Plans of segments that nobody has approved and that may still be sent.
SELECT p.id, p.requests, p.name
FROM outbox.plan p
WHERE p.source = 'segment' AND p.state = 'planned' AND p.expires_at > clock_timestamp()
ORDER BY p.id
