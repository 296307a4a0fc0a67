-- Attempts of a process that ended before it noted an outcome.
UPDATE outbox.attempt
SET outcome = 'unclear', message = 'the process ended before an answer came'
WHERE outcome = '' AND change_id IN (SELECT id FROM outbox.change WHERE state = 'sending');

UPDATE outbox.change SET state = 'unclear' WHERE state = 'sending'
