-- What was last planned of the rows of segment $1, and whether it reached the service.
SELECT r.key, r.wanted,
       CASE WHEN r.change_id IS NULL THEN 'sent'
            WHEN c.settled_at IS NULL THEN 'open'
            WHEN c.state IN ('confirmed', 'contradicted', 'unclear') THEN 'sent'
            WHEN c.state = 'refused'
                 AND EXISTS (SELECT FROM outbox.attempt a
                             WHERE a.change_id = c.id AND a.outcome = 'refused') THEN 'sent'
            ELSE 'unsent' END
FROM outbox.segment_row r
LEFT JOIN outbox.change c ON c.id = r.change_id
WHERE r.segment = $1
