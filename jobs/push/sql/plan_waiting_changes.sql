-- Rows that waited in outbox.change become changes of plan $1.
UPDATE outbox.change c
SET plan_id = $1, state = 'planned', row_no = n.row_no, object = n.object, key = n.key,
    email_key = n.email_key, deal_number = n.deal_number, creates = n.creates, pays = n.pays,
    differences = n.differences, document = n.document, cost = n.cost
FROM new_change n
WHERE n.change_id = c.id
