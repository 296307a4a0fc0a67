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
SELECT :period(day) AS period, utm_source, utm_medium, sum(registrations) AS registrations, sum(buyers_within_7_days) AS buyers_within_7_days,
       sum(buyers_within_30_days) AS buyers_within_30_days, sum(buyers) AS buyers, sum(excluded_people) AS excluded_people
FROM report.registrations_by_channel WHERE :in_range(day) GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2, 3
