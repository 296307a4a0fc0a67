-- How many people registered per channel, and how many bought?
-- ru: Сколько регистраций по каналам и сколько из них купили?
-- ru: По дню регистрации; купили: первые деньги за 7 и 30 дней от неё или когда-либо. Метки utm регистрации.
-- By day of registration; buyers: first money within 7 and 30 days of it, or ever. utm of the registration.
-- answers: 7
-- group: people
-- of: registrations
-- chart: bar period registrations utm_source
-- rows: report.people registered_on
-- sums: registrations,buyers_within_7_days,buyers_within_30_days,buyers,excluded_people
-- drill: utm_source,utm_medium
-- figure: registrations = rows of report.people registered_on where counted
-- figure: buyers = rows of report.people registered_on where counted AND user_id IN (SELECT user_id FROM report.orders WHERE is_paid AND counted AND buyer_kind = 'new')
-- figure: buyers_within_7_days = rows of report.people registered_on where counted AND EXISTS (SELECT FROM report.orders o WHERE o.user_id = rows_behind.user_id AND is_paid AND o.counted AND buyer_kind = 'new' AND money_on - registered_on <= 7)
-- figure: buyers_within_30_days = rows of report.people registered_on where counted AND EXISTS (SELECT FROM report.orders o WHERE o.user_id = rows_behind.user_id AND is_paid AND o.counted AND buyer_kind = 'new' AND money_on - registered_on <= 30)
-- figure: excluded_people = rows of report.people registered_on where set_apart LIKE 'excluded:%'
SELECT :period(day) AS period, utm_source, utm_medium, sum(registrations) AS registrations, sum(buyers_within_7_days) AS buyers_within_7_days,
       sum(buyers_within_30_days) AS buyers_within_30_days, sum(buyers) AS buyers, sum(excluded_people) AS excluded_people
FROM report.registrations_by_channel WHERE :in_range(day) GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2, 3
