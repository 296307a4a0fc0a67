-- Rows of a query or a file become changes of plan $1.
INSERT INTO outbox.change (plan_id, state, mode, wanted, row_no, object, key, email_key,
                           deal_number, creates, pays, differences, document, cost)
SELECT $1, 'planned', mode, wanted, row_no, object, key, email_key, deal_number, creates, pays,
       differences, document, cost
FROM new_change
WHERE change_id = 0
ORDER BY row_no
