-- report: the owner's figures read the days between the first and the last that is asked for, by the indexes of the days, and not all days there are.
CREATE OR REPLACE FUNCTION report.measures(from_days date[], to_days date[]) RETURNS TABLE (no integer, measure text, currency text, value numeric) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH ranges AS (SELECT t.no::integer AS no, t.from_day, t.to_day FROM unnest(from_days, to_days) WITH ORDINALITY t(from_day, to_day, no)),
    money AS (
        SELECT r.no, p.currency, sum(p.net) FILTER (WHERE p.kind <> 'expected') AS net, sum(abs(p.amount)) FILTER (WHERE p.kind = 'returned') AS returned,
               sum(p.amount) FILTER (WHERE p.kind = 'expected') AS due
        FROM ranges r JOIN report.payments p ON p.day BETWEEN r.from_day AND r.to_day
        WHERE p.counted AND p.kind IN ('received', 'returned', 'expected') AND p.day BETWEEN (SELECT min(from_day) FROM ranges) AND (SELECT max(to_day) FROM ranges) GROUP BY 1, 2
    ), made AS (
        SELECT r.no, count(*) AS orders, count(*) FILTER (WHERE o.is_paid AND o.money_on <= r.to_day) AS paid
        FROM ranges r JOIN report.orders o ON o.created_on BETWEEN r.from_day AND r.to_day
        WHERE o.counted AND o.created_on BETWEEN (SELECT min(from_day) FROM ranges) AND (SELECT max(to_day) FROM ranges) GROUP BY 1
    ), paid AS (
        SELECT r.no, o.currency, avg(o.paid_amount) AS average FROM ranges r JOIN report.paid_orders o ON o.money_on BETWEEN r.from_day AND r.to_day
        WHERE o.money_on BETWEEN (SELECT min(from_day) FROM ranges) AND (SELECT max(to_day) FROM ranges) GROUP BY 1, 2
    ), people AS (
        -- a day of any zone lies within 15 hours of that of UTC: the index on the moment finds them
        SELECT r.no, count(*) AS registered FROM ranges r JOIN report.people p ON p.registered_on BETWEEN r.from_day AND r.to_day
        WHERE p.counted AND p.registered_at BETWEEN (SELECT min(from_day)::timestamp AT TIME ZONE 'UTC' - interval '15 hours' FROM ranges)
                                                AND (SELECT max(to_day)::timestamp AT TIME ZONE 'UTC' + interval '39 hours' FROM ranges) GROUP BY 1
    )
    SELECT m.no, v.measure, m.currency, round(v.value, 2) FROM money m CROSS JOIN LATERAL (VALUES ('revenue', m.net), ('refunds', m.returned), ('debts_due', m.due)) v(measure, value) WHERE v.value IS NOT NULL
    UNION ALL SELECT p.no, 'average_order', p.currency, round(p.average, 2) FROM paid p
    UNION ALL SELECT r.no, 'orders', NULL, coalesce(m.orders, 0) FROM ranges r LEFT JOIN made m USING (no)
    UNION ALL SELECT m.no, 'paid_share', NULL, round(100.0 * m.paid / m.orders, 1) FROM made m
    UNION ALL SELECT r.no, 'new_people', NULL, coalesce(p.registered, 0) FROM ranges r LEFT JOIN people p USING (no)
$$;
