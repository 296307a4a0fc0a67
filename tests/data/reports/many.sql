-- Beside school.sql: 60 people, 420 orders and their payments from 15 November 2025 on, by arithmetic and not by chance: every status, hours around
-- midnight, two currencies, nobody's orders, vanished rows, unknown statuses, money without a date. For tests that compare in many ranges.
CREATE OR REPLACE FUNCTION pg_temp.common(OUT row_hash bigint, OUT run_id bigint, OUT export_id bigint, OUT valid_from timestamptz) LANGUAGE sql AS
$$ SELECT 0::bigint, (SELECT min(id) FROM journal.run), (SELECT min(id) FROM journal.export), '2026-03-01 00:00Z'::timestamptz $$;
INSERT INTO mirror.users (id, email, email_key, created_at, first_name, age, country, city, utm_source, utm_medium, utm_campaign, custom, row_hash, run_id, export_id, valid_from, missing_since)
SELECT 100 + n, 'p' || n || '@example.org', 'p' || n || '@example.org', '2025-10-01 20:30Z'::timestamptz + n * 7919 % 4000 * interval '1 hour', 'П' || n, 15 + n, 'Россия',
       (ARRAY['Казань', 'Москва', ''])[n % 3 + 1], (ARRAY['vk', 'email', 'yandex', NULL])[n % 4 + 1], (ARRAY['cpc', ''])[n % 2 + 1], '', '{}', c.*, CASE WHEN n % 29 = 0 THEN '2026-03-20Z'::timestamptz END
FROM generate_series(0, 59) n, pg_temp.common() c;
INSERT INTO mirror.deals (id, number, user_id, user_name, email, email_key, created_at, paid_at, content, status, status_code, cost, paid_amount, payment_system_fee, tax, other_fees, earned, currency,
                          manager, payment_system, promo_code, promotion, order_partner_id, order_partner_email, order_partner_name, utm_source, utm_medium, utm_campaign, user_utm_source, user_utm_medium,
                          tags, offer_tags, custom, row_hash, run_id, export_id, valid_from, missing_since)
SELECT 1000 + n, 'M' || n, CASE WHEN n % 43 > 0 THEN 100 + n * 7 % 60 END, 'П', NULL, NULL, o.created_at, CASE WHEN n % 11 > 0 AND o.paid > 0 THEN o.created_at + (n % 40 - 2) * interval '9 hours' END,
       (ARRAY['Клуб', 'Курс А', 'Курс Б', 'Марафон', 'Интенсив'])[n % 5 + 1], o.code, o.code, o.cost, o.paid, CASE WHEN n % 3 > 0 THEN round(o.paid * 0.03, 2) END, NULL, NULL,
       CASE WHEN n % 3 > 0 THEN round(o.paid * 0.9, 2) END, CASE WHEN n % 9 = 0 THEN 'USD' ELSE 'RUB' END, (ARRAY['Мария Южная / Отдел продаж', 'Пётр Северный', '', NULL])[n % 4 + 1],
       (ARRAY['Банк', 'Рассрочка', ''])[n % 3 + 1], CASE WHEN n % 8 = 0 THEN 'ЛЕТО' END, CASE WHEN n % 16 = 3 THEN 'Акция' END,
       CASE WHEN n % 10 = 0 THEN '77' END, CASE WHEN n % 10 = 0 THEN 'partner@example.net' END, CASE WHEN n % 10 = 0 THEN 'Партнёр' END,
       (ARRAY['vk', '', 'email'])[n % 3 + 1], (ARRAY['cpc', ''])[n % 2 + 1], '', (ARRAY['vk', 'email'])[n % 2 + 1], '',
       CASE WHEN n % 37 = 0 THEN '{тест}'::text[] WHEN n % 23 = 0 THEN '{Необходим возврат}' ELSE '{}' END, CASE WHEN n % 2 = 0 THEN '{курс,лето}'::text[] ELSE '{клуб}' END,
       '{"reason": "дорого"}', c.*, CASE WHEN n % 53 = 0 THEN '2026-03-20Z'::timestamptz END
FROM (SELECT n, '2025-11-15 00:00Z'::timestamptz + n * 7919 % 195840 * interval '1 minute' AS created_at, code, cost,
             CASE code WHEN 'payed' THEN cost WHEN 'waiting_for_return' THEN cost WHEN 'part_payed' THEN round(cost / 3, 2) WHEN 'false' THEN n % 2 * 100.00 ELSE 0.00 END AS paid
      FROM (SELECT n, (ARRAY['payed', 'payed', 'part_payed', 'new', 'payed', 'cancelled', 'false', 'waiting_for_return'])[n % 8 + 1] AS code,
                   CASE WHEN n % 29 = 0 THEN 0.00 ELSE (n * 131 % 90 + 10) * 100 + n % 7 * 0.37 END AS cost FROM generate_series(1, 420) n) s) o, pg_temp.common() c;
INSERT INTO mirror.payments (number, email, email_key, deal_number, created_at, type, status, status_code, amount, fee, received, currency, row_hash, run_id, export_id, valid_from, missing_since)
SELECT p.number, NULL, NULL, d.number, p.at, 'Банк', p.code, nullif(p.code, 'Кто знает'), p.amount, round(p.amount * 0.03, 2), p.amount, d.currency, c.*, CASE WHEN n % 59 = 0 THEN '2026-03-20Z'::timestamptz END
FROM mirror.deals d, pg_temp.common() c, LATERAL (SELECT d.id - 1000 AS n) i, LATERAL (VALUES
    ('R' || n, CASE WHEN n % 67 > 0 THEN coalesce(d.paid_at, d.created_at + n % 20 * interval '1 day') END, CASE WHEN n % 41 = 0 THEN 'Кто знает' ELSE 'accepted' END, d.paid_amount, d.paid_amount > 0 AND n % 13 > 0),
    ('B' || n, d.created_at + interval '31 days', 'returned', round(d.paid_amount / 2, 2), d.paid_amount > 0 AND n % 17 = 0),
    ('E' || n, d.created_at + interval '30 days', 'expected', d.cost - d.paid_amount, d.status_code = 'part_payed' AND d.cost > 0),
    ('T' || n, d.created_at, 'frombalance', 50.00, n % 31 = 0)) p(number, at, code, amount, real)
WHERE d.id > 1000 AND p.real;
INSERT INTO report.exclusions VALUES ('user', '101', ''), ('tag', 'тест', '');
INSERT INTO report.manager_plans VALUES ('2026-02-01', 'Пётр Северный', 'RUB', 100000), ('2026-03-01', 'Мария Южная', 'RUB', 333333.33);
INSERT INTO report.ad_expenses SELECT '2025-12-01'::date + n, (ARRAY['vk', 'yandex'])[n % 2 + 1], '', 'RUB', 100 + n FROM generate_series(0, 110, 3) n;
