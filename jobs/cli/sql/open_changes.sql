-- Lines of the audit that do not fit; changes to be read back; those for over three days; to send.
SELECT (SELECT count(*) FROM outbox.audit_breaks),
       count(*) FILTER (WHERE state IN ('written', 'unclear', 'sending')),
       count(*) FILTER (WHERE state IN ('written', 'unclear', 'sending')
                          AND (SELECT max(a.sent_at) FROM outbox.attempt a WHERE a.change_id = c.id)
                              < clock_timestamp() - interval '3 days'),
       count(*) FILTER (WHERE state NOT IN ('written', 'unclear', 'sending'))
FROM outbox.change c
WHERE settled_at IS NULL
