-- journal: what is refused and what is missing now, asked alike by every face of the program; by what a school is known again.
ALTER TABLE journal.installation ADD COLUMN groups bigint[] NOT NULL DEFAULT '{}', ADD COLUMN fields bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN journal.installation.groups IS 'Numbers of the groups that the school had at the last sync. When none of them is there any more, another school answers: refused.';
COMMENT ON COLUMN journal.installation.fields IS 'The same of its custom fields.';

-- A refused body is over when an export since has read its last day and all its days were read at some time: the first days of a look-back are
-- in no later one, and the sweep comes by.
CREATE VIEW journal.refused_now AS
SELECT e.id AS export_id, e.run_id, e.resource,
       concat_ws(' ', e.resource, nullif(e.filter, ''), CASE WHEN e.group_id <> 0 THEN 'group ' || e.group_id END,
                 CASE WHEN e.from_day IS NOT NULL OR e.to_day IS NOT NULL THEN coalesce(e.from_day::text, '') || '..' || coalesce(e.to_day::text, '') END) AS about,
       coalesce(e.rows, 0) AS rows, e.received_at, e.reason
FROM journal.export e
WHERE e.state = 'refused' AND e.received_at IS NOT NULL
  AND (EXISTS (
          SELECT FROM generate_series(coalesce(e.from_day, e.to_day, e.received_at::date)::timestamp, coalesce(e.to_day, e.received_at::date)::timestamp, interval '1 day') d
          WHERE NOT EXISTS (
              SELECT FROM journal.coverage c JOIN journal.export o ON o.id = c.export_id
              WHERE c.complete AND (o.resource, o.filter, o.group_id, o.status) = (e.resource, e.filter, e.group_id, e.status)
                AND (e.filter = '' OR d::date BETWEEN c.from_day AND c.to_day)
                AND (c.as_of > coalesce(e.started_at, e.received_at) OR d::date < coalesce(e.to_day, e.received_at::date))))
       OR e.from_day IS NULL AND e.filter <> '' AND NOT EXISTS (
              SELECT FROM journal.coverage c JOIN journal.export o ON o.id = c.export_id
              WHERE c.complete AND (o.resource, o.filter, o.group_id, o.status) = (e.resource, e.filter, e.group_id, e.status)
                AND c.from_day = '-infinity'));
COMMENT ON VIEW journal.refused_now IS 'Bodies that came and were refused whole, until another export has read their last day since, and all their days were read at some time. Their rows are not in the tables.';
COMMENT ON COLUMN journal.refused_now.export_id IS 'Export; gcmirror export retry loads its kept body again.';
COMMENT ON COLUMN journal.refused_now.run_id IS 'Run that asked.';
COMMENT ON COLUMN journal.refused_now.resource IS 'Resource.';
COMMENT ON COLUMN journal.refused_now.about IS 'The question.';
COMMENT ON COLUMN journal.refused_now.rows IS 'Rows of the body.';
COMMENT ON COLUMN journal.refused_now.received_at IS 'When it came.';
COMMENT ON COLUMN journal.refused_now.reason IS 'Why it was refused.';

CREATE VIEW journal.missing_now AS
SELECT 'users' AS table_name, id::text AS row_key, missing_since AS since, true AS marked FROM mirror.users WHERE missing_since IS NOT NULL
UNION ALL SELECT 'deals', id::text, missing_since, true FROM mirror.deals WHERE missing_since IS NOT NULL
UNION ALL SELECT 'payments', number, missing_since, true FROM mirror.payments WHERE missing_since IS NOT NULL
UNION ALL SELECT table_name, row_key, as_of, false FROM journal.absence;
COMMENT ON VIEW journal.missing_now IS 'Rows that the service no longer shows: marked after two whole answers without them, and those that one answer lacked.';
COMMENT ON COLUMN journal.missing_now.table_name IS 'Table.';
COMMENT ON COLUMN journal.missing_now.row_key IS 'Key of the row.';
COMMENT ON COLUMN journal.missing_now.since IS 'State of the data of the first answer that lacked it.';
COMMENT ON COLUMN journal.missing_now.marked IS 'Marked missing, and set apart in reports; false: missing once, counted as before.';

CREATE OR REPLACE VIEW report.data_quality AS
WITH o AS (
    SELECT count(*) FILTER (WHERE counted) AS counted, count(*) FILTER (WHERE counted AND channel = '(none)') AS no_utm, count(*) FILTER (WHERE counted AND manager = '(none)') AS no_manager,
           count(*) FILTER (WHERE counted AND coalesce(phone, '') = '') AS no_phone, count(*) FILTER (WHERE counted AND is_paid) AS paid, count(*) FILTER (WHERE counted AND is_paid AND paid_on IS NULL) AS no_paid_on,
           count(*) FILTER (WHERE counted AND is_paid AND coalesce(received, 0) = 0) AS no_payments, count(*) FILTER (WHERE status_code IS NULL AND set_apart IS DISTINCT FROM 'vanished') AS no_status,
           count(*) FILTER (WHERE currency = '?' AND set_apart IS DISTINCT FROM 'vanished') AS no_currency, count(*) FILTER (WHERE set_apart IS DISTINCT FROM 'vanished') AS present,
           count(*) FILTER (WHERE set_apart = 'vanished') AS vanished, count(*) AS orders, count(order_number) - count(DISTINCT order_number) AS more_than_once, count(DISTINCT order_number) AS numbers
    FROM report.orders
), p AS (
    SELECT count(*) FILTER (WHERE order_id IS NULL AND set_apart IS DISTINCT FROM 'vanished') AS no_order, count(*) FILTER (WHERE set_apart IS DISTINCT FROM 'vanished') AS present,
           count(*) FILTER (WHERE set_apart = 'vanished') AS vanished, count(*) FILTER (WHERE kind = 'other' AND set_apart IS DISTINCT FROM 'vanished') AS no_status, count(*) AS payments
    FROM report.payments
), twice AS (SELECT count(*) AS numbers FROM (SELECT FROM report.orders WHERE order_number IS NOT NULL GROUP BY order_number HAVING count(*) > 1) n),
d AS (SELECT coalesce(sum(people), 0)::bigint AS people FROM (SELECT count(*) AS people FROM history.users_at WHERE coalesce(phone_key, '') <> '' GROUP BY phone_key HAVING count(*) > 1) n),
m AS (SELECT count(*) FILTER (WHERE NOT marked) AS once, count(*) FILTER (WHERE marked AND table_name = 'users') AS people FROM journal.missing_now)
SELECT c.check_name, c.found, c.of_total, c.meaning
FROM o, p, twice, d, m, LATERAL (VALUES
    (1, 'orders without utm', o.no_utm, o.counted, 'cannot be credited to a channel'),
    (2, 'orders without a manager', o.no_manager, o.counted, 'nobody answers for them'),
    (3, 'orders without a phone', o.no_phone, o.counted, 'the buyer cannot be called'),
    (4, 'paid orders without a payment date', o.no_paid_on, o.paid, 'missing in revenue by payment date; see paid_on_payment_date without a day'),
    (5, 'paid orders without payments', o.no_payments, o.paid, 'money that the payments do not know'),
    (6, 'orders of unknown status', o.no_status, o.present, 'a label that is not in the vocabulary'),
    (7, 'orders of unknown currency', o.no_currency, o.present, 'counted under ?'),
    (8, 'payments without an order', p.no_order, p.present, 'their number is no order of the mirror'),
    (9, 'order numbers used twice', twice.numbers, o.numbers, 'their payments are credited to the newest order'),
    (10, 'people sharing a phone', d.people, (SELECT count(*) FROM history.users_at), 'probably one person; see duplicate_people'),
    (11, 'orders that vanished', o.vanished, o.orders, 'two complete windows lacked them; set apart in all reports'),
    (12, 'payments that vanished', p.vanished, p.payments, 'two complete windows lacked them; set apart in all reports'),
    (13, 'cells and rows rejected', (SELECT count(*) FROM journal.reject WHERE closed_at IS NULL), (SELECT coalesce(sum(j.rows), 0)::bigint FROM journal.certificate j), 'kept in journal.reject with their text'),
    (14, 'payments of unknown status', p.no_status, p.present, 'set apart in all reports: whether they are money is not known'),
    (15, 'people that vanished', m.people, (SELECT count(*) FROM history.users_at), 'two complete windows lacked them'),
    (16, 'rows missing once', m.once, NULL, 'one complete window lacked them; counted as before until a second one does, see journal.missing_now'),
    (17, 'rows of refused bodies', (SELECT coalesce(sum(r.rows), 0)::bigint FROM journal.refused_now r), NULL, 'not in the tables; gcmirror export list names the bodies and why'),
    (18, 'values that do not fit their field', (SELECT coalesce(sum(f.misfits), 0)::bigint FROM mirror.custom_fields f), NULL, 'empty in the wide view, and text in a column beside it'))
    c(n, check_name, found, of_total, meaning)
ORDER BY c.n;
