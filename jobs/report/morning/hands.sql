-- What needs somebody's hand, now: how many, what they hold, which report has the rows. set_up: false where the school has not entered what it takes to know.
WITH rules AS (SELECT EXISTS (SELECT FROM report.access_rules) AS entered),
lines AS (
    SELECT 1 AS place, 'payments_without_order' AS hand, count(*) AS found, sum(CASE kind WHEN 'returned' THEN -abs(amount) ELSE amount END) AS amount, currency, max(day) AS newest, NULL::text AS labels, 'data_quality' AS report
    FROM report.payments WHERE order_id IS NULL AND set_apart IS DISTINCT FROM 'vanished' AND kind IN ('received', 'returned') GROUP BY currency
    UNION ALL
    SELECT 2, 'access_without_payment', count(*), NULL, NULL, max(joined_on), NULL, 'access_without_payment' FROM report.access_without_payment
    UNION ALL
    SELECT 3, 'payment_without_access', count(*), sum(paid_amount), currency, max(money_on), NULL, 'payment_without_access' FROM report.payment_without_access GROUP BY currency
    UNION ALL
    SELECT 4, 'new_statuses', count(DISTINCT status), NULL, NULL, max(day), string_agg(DISTINCT status, ', ' ORDER BY status), 'data_quality'
    FROM (SELECT status, created_on AS day FROM report.orders WHERE status_code IS NULL AND status <> '' AND set_apart IS DISTINCT FROM 'vanished'
          UNION ALL SELECT status, day FROM report.payments WHERE kind = 'other' AND status <> '' AND set_apart IS DISTINCT FROM 'vanished') s
    UNION ALL
    SELECT 5, 'overdue_instalments', count(*), sum(amount), currency, max(day), NULL, 'expected_instalments' FROM report.payments WHERE kind = 'expected' AND counted AND day < (SELECT today FROM report.clock) GROUP BY currency
    UNION ALL
    SELECT 6, 'refund_disagreements', count(*), NULL, NULL, max(created_on), NULL, 'refund_disagreements' FROM report.refund_disagreements
)
SELECT n.hand, coalesce(l.found, 0) AS found, l.amount, l.currency, l.newest, l.labels, n.report, n.place NOT IN (2, 3) OR r.entered AS set_up
FROM (VALUES (1, 'payments_without_order', 'data_quality'), (2, 'access_without_payment', 'access_without_payment'), (3, 'payment_without_access', 'payment_without_access'), (4, 'new_statuses', 'data_quality'),
             (5, 'overdue_instalments', 'expected_instalments'), (6, 'refund_disagreements', 'refund_disagreements')) n(place, hand, report)
CROSS JOIN rules r LEFT JOIN lines l ON l.place = n.place ORDER BY n.place, l.currency
