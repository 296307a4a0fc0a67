-- A school of :orders orders, three quarters as many payments, a third as many people, five times as many memberships, as many versions in history, two exclusions.
INSERT INTO report.exclusions VALUES ('email_domain', 'school.ru', 'staff'), ('tag', 'тег7', 'tests');
UPDATE report.settings SET refusal_field = 'prichina', manager_share = 10;
INSERT INTO journal.run (job, state, loaded_at) VALUES ('sync', 'done', now());
INSERT INTO journal.export (run_id, resource, state, intended_at, started_at) SELECT id, 'deals', 'loaded', now(), now() FROM journal.run;
INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, to_day, as_of, rows, complete)
SELECT r.id, e.id, t, 'created_at', '2023-01-01', '2026-01-01', now(), 0, true FROM journal.run r, journal.export e, unnest('{users,deals,payments}'::text[]) t;
INSERT INTO mirror.users (id, email, email_key, created_at, first_name, last_name, phone, phone_key, age, country, city, utm_source, utm_medium, utm_campaign, row_hash, run_id, export_id, valid_from)
SELECT n, 'p' || n || '@example.org', 'p' || n || '@example.org', '2023-01-01Z'::timestamptz + n * (interval '1095 days' / (:orders::bigint * 3 / 10)), 'Имя' || n % 500, 'Фамилия' || n % 5000,
       '+7900' || n, '7900' || n, n % 90, 'Россия', 'Город ' || n % 200, 'source' || n % 12, 'cpc', 'campaign' || n % 40, 0, 1, 1, now()
FROM generate_series(1::bigint, :orders * 3 / 10) n;
INSERT INTO mirror.groups (id, name, row_hash, run_id, export_id, valid_from) SELECT n, CASE WHEN n <= 40 THEN 'Урок ' || n ELSE 'Группа ' || n END, 0, 1, 1, now() FROM generate_series(1, 300) n;
INSERT INTO mirror.deals (id, number, user_id, user_name, email, email_key, phone, created_at, paid_at, content, status, status_code, cost, paid_amount, payment_system_fee, tax, other_fees, earned, currency,
                          manager, payment_system, promo_code, utm_source, utm_medium, utm_campaign, user_utm_source, user_utm_medium, user_utm_campaign, tags, offer_tags, custom, row_hash, run_id, export_id, valid_from)
SELECT n, n::text, u, 'Имя Фамилия' || u, 'p' || u || '@example.org', 'p' || u || '@example.org', '+7900' || u, c, CASE WHEN paid AND n % 9 > 0 THEN c + n % 20 * interval '1 day' END,
       'Курс ' || n % 120, CASE WHEN paid THEN 'Завершен' ELSE 'Новый' END, CASE WHEN paid THEN 'payed' WHEN n % 50 = 0 THEN 'cancelled' WHEN n % 97 = 0 THEN 'false' ELSE 'new' END,
       5000 + n % 300 * 50, CASE WHEN paid THEN 5000 + n % 300 * 50 ELSE 0 END, 100, 300, 0, 4600, CASE n % 20 WHEN 0 THEN 'USD' ELSE 'RUB' END, 'Менеджер ' || n % 25 || ' / Отдел', 'Банк ' || n % 6, CASE n % 15 WHEN 0 THEN 'КОД' ELSE '' END,
       'source' || n % 12, 'cpc', 'campaign' || n % 40, 'source' || u % 12, 'cpc', 'campaign' || u % 40, ARRAY['тег' || n % 30], ARRAY['предложение' || n % 10], jsonb_build_object('prichina', 'причина ' || n % 7), 0, 1, 1, least(c + n % 30 * interval '1 day', '2025-12-31Z')
FROM (SELECT n, 1 + (n * 7919) % (:orders::bigint * 3 / 10) AS u, '2023-01-01Z'::timestamptz + n * (interval '1095 days' / :orders) AS c, n % 3 < 2 AS paid FROM generate_series(1::bigint, :orders) n) d;
INSERT INTO mirror.payments (number, user_name, email, email_key, deal_number, created_at, type, status, status_code, amount, fee, received, currency, row_hash, run_id, export_id, valid_from)
SELECT 'P' || n, 'Имя', d.email, d.email_key, d.number, d.created_at + n % 20 * interval '1 day', 'Банк', CASE WHEN n % 30 = 0 THEN 'Возвращен' ELSE 'Получен' END, CASE WHEN n % 30 = 0 THEN 'returned' ELSE 'accepted' END,
       d.cost, 100, d.cost - 100, d.currency, 0, 1, 1, now()
FROM generate_series(1::bigint, :orders * 18 / 25) n JOIN mirror.deals d ON d.id = CASE WHEN n * 3 / 2 <= :orders THEN n * 3 / 2 ELSE n END;
INSERT INTO history.deals (id, number, user_id, content, created_at, status, status_code, cost, paid_amount, currency, row_hash, run_id, export_id, valid_from, valid_to, closed_run_id)
SELECT id, number, user_id, content, created_at, 'Новый', 'new', cost, 0, currency, 0, 1, 1, valid_from - interval '3 days', valid_from, 1 FROM mirror.deals;
INSERT INTO mirror.memberships (user_id, group_id, joined_on, row_hash, run_id, export_id, valid_from)
SELECT 1 + n % (:orders::bigint * 3 / 10), 1 + (n / (:orders::bigint * 3 / 10) * 17 + n % 16) % 300, '2023-01-01'::date + (n % 1095)::integer, 0, 1, 1, now() FROM generate_series(0::bigint, :orders * 5 - 1) n ON CONFLICT DO NOTHING;
