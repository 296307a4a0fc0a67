-- report: the owner's figures of any ranges of days, one definition for the morning page, its weeks and whoever asks in SQL.
CREATE FUNCTION report.measures(from_days date[], to_days date[]) RETURNS TABLE (no integer, measure text, currency text, value numeric) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH ranges AS (SELECT t.no::integer AS no, t.from_day, t.to_day FROM unnest(from_days, to_days) WITH ORDINALITY t(from_day, to_day, no)),
    money AS (
        SELECT r.no, p.currency, sum(p.net) FILTER (WHERE p.kind <> 'expected') AS net, sum(abs(p.amount)) FILTER (WHERE p.kind = 'returned') AS returned,
               sum(p.amount) FILTER (WHERE p.kind = 'expected') AS due
        FROM ranges r JOIN report.payments p ON p.day BETWEEN r.from_day AND r.to_day WHERE p.counted AND p.kind IN ('received', 'returned', 'expected') GROUP BY 1, 2
    ), made AS (
        SELECT r.no, count(*) AS orders, count(*) FILTER (WHERE o.is_paid AND o.money_on <= r.to_day) AS paid
        FROM ranges r JOIN report.orders o ON o.created_on BETWEEN r.from_day AND r.to_day WHERE o.counted GROUP BY 1
    ), paid AS (
        SELECT r.no, o.currency, avg(o.paid_amount) AS average FROM ranges r JOIN report.paid_orders o ON o.money_on BETWEEN r.from_day AND r.to_day GROUP BY 1, 2
    ), people AS (
        SELECT r.no, count(*) AS registered FROM ranges r JOIN report.people p ON p.registered_on BETWEEN r.from_day AND r.to_day WHERE p.counted GROUP BY 1
    )
    SELECT m.no, v.measure, m.currency, round(v.value, 2) FROM money m CROSS JOIN LATERAL (VALUES ('revenue', m.net), ('refunds', m.returned), ('debts_due', m.due)) v(measure, value) WHERE v.value IS NOT NULL
    UNION ALL SELECT p.no, 'average_order', p.currency, round(p.average, 2) FROM paid p
    UNION ALL SELECT r.no, 'orders', NULL, coalesce(m.orders, 0) FROM ranges r LEFT JOIN made m USING (no)
    UNION ALL SELECT m.no, 'paid_share', NULL, round(100.0 * m.paid / m.orders, 1) FROM made m
    UNION ALL SELECT r.no, 'new_people', NULL, coalesce(p.registered, 0) FROM ranges r LEFT JOIN people p USING (no)
$$;
COMMENT ON FUNCTION report.measures(date[], date[]) IS 'The owner''s figures of ranges of days; no: place of the range, from 1. revenue: payments received less returned, by their day; refunds: returned. orders: counted orders by creation; paid_share: percent of them whose money came by the end of the range. average_order: of orders whose money came in the range. new_people: registrations. debts_due: announced payments of these days that have not come. Money per currency, a row only where there is some.';
SELECT report.publish_masked(), report.grant_roles();
