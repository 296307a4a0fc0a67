-- report: a number belongs to the newest order that is still there; one that vanished does not take the payments of its number with it.
CREATE OR REPLACE VIEW report.payments AS
SELECT p.number AS payment_number, (p.created_at AT TIME ZONE z.zone)::date AS day, p.created_at, p.status, p.status_code,
       CASE p.status_code WHEN 'accepted' THEN 'received' WHEN 'returned' THEN 'returned' WHEN 'expected' THEN 'expected'
                          WHEN 'tobalance' THEN 'balance' WHEN 'frombalance' THEN 'balance' WHEN 'returned_to_balance' THEN 'balance' ELSE 'other' END AS kind,
       p.amount, CASE p.status_code WHEN 'accepted' THEN p.amount WHEN 'returned' THEN -abs(p.amount) ELSE 0.00 END AS net,
       coalesce(nullif(p.currency, ''), o.currency, '?') AS currency, p.fee, p.type,
       n.order_id, coalesce(o.user_id, u.user_id) AS user_id,
       CASE WHEN o.user_id IS NOT NULL THEN 'order' WHEN u.user_id IS NOT NULL THEN 'email' ELSE '' END AS matched_by,
       coalesce(o.product, '(no order)') AS product, coalesce(o.manager, '(none)') AS manager, coalesce(o.department, '') AS department,
       coalesce(o.utm_source, '') AS utm_source, coalesce(o.utm_medium, '') AS utm_medium, coalesce(o.utm_campaign, '') AS utm_campaign,
       coalesce(o.person_utm_source, '') AS person_utm_source, coalesce(o.person_utm_medium, '') AS person_utm_medium, coalesce(o.person_utm_campaign, '') AS person_utm_campaign,
       coalesce(o.channel, '(none)') AS channel, coalesce(o.payment_system, '(none)') AS payment_system,
       p.user_name AS person_name, p.email,
       CASE WHEN o.set_apart LIKE 'excluded:%' THEN o.set_apart WHEN x.reason IS NOT NULL THEN 'excluded: ' || x.reason END AS set_apart,
       CASE WHEN x.reason IS NOT NULL OR o.set_apart LIKE 'excluded:%' THEN false ELSE true END AS counted,
       p.run_id, p.export_id
FROM history.payments_at p
CROSS JOIN (SELECT time_zone AS zone FROM report.settings LIMIT 1) z
LEFT JOIN (SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number) n ON n.number = p.deal_number
LEFT JOIN report.orders o ON o.order_id = n.order_id
LEFT JOIN (SELECT email_key, min(id) AS user_id FROM history.users_at WHERE email_key IS NOT NULL AND missing_since IS NULL GROUP BY email_key) u ON u.email_key = p.email_key
LEFT JOIN report.excluded_people x ON x.user_id = coalesce(o.user_id, u.user_id)
WHERE p.missing_since IS NULL;

CREATE OR REPLACE VIEW report.order_money AS
SELECT n.order_id, sum(p.amount) FILTER (WHERE p.status_code = 'accepted') AS received,
       sum(abs(p.amount)) FILTER (WHERE p.status_code = 'returned') AS returned,
       sum(p.amount) FILTER (WHERE p.status_code = 'expected') AS expected,
       (min(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS first_received_on,
       (max(p.created_at) FILTER (WHERE p.status_code = 'accepted') AT TIME ZONE (SELECT time_zone FROM report.settings))::date AS last_received_on,
       count(*) FILTER (WHERE p.status_code = 'accepted') AS payments
FROM history.payments_at p
JOIN (SELECT number, max(id) AS order_id FROM history.deals_at WHERE number IS NOT NULL AND missing_since IS NULL GROUP BY number) n ON n.number = p.deal_number
WHERE p.missing_since IS NULL
GROUP BY n.order_id;
