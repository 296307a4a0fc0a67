-- A small school whose figures can be counted by hand; zone Europe/Moscow (UTC+3), state of 2026-03-31.
INSERT INTO journal.run (job, state, loaded_at) VALUES ('sync', 'done', '2026-03-31 01:00Z');
INSERT INTO journal.export (run_id, resource, state, intended_at, started_at) SELECT id, 'deals', 'loaded', '2026-03-31 00:30Z', '2026-03-31 00:30Z' FROM journal.run;
INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, to_day, as_of, rows, complete)
SELECT r.id, e.id, t, f, '2025-01-01', '2026-03-31', '2026-03-31 00:30Z', 0, true FROM journal.run r, journal.export e, unnest('{users,deals,payments}'::text[]) t, unnest('{created_at,status_changed_at}'::text[]) f;
-- history begins on 1 March
INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, to_day, as_of, rows, complete)
SELECT r.id, e.id, 'deals', 'created_at', '2025-01-01', '2026-02-28', '2026-03-01 00:00Z', 0, true FROM journal.run r, journal.export e;
CREATE FUNCTION pg_temp.common(OUT row_hash bigint, OUT run_id bigint, OUT export_id bigint, OUT valid_from timestamptz) LANGUAGE sql AS
$$ SELECT 0::bigint, (SELECT min(id) FROM journal.run), (SELECT min(id) FROM journal.export), '2026-03-01 00:00Z'::timestamptz $$;

INSERT INTO mirror.users (id, email, email_key, created_at, first_name, last_name, phone, phone_key, age, country, city, utm_source, utm_medium, utm_campaign, custom, row_hash, run_id, export_id, valid_from)
SELECT u.*, c.* FROM (VALUES
    (1, 'Anna@example.org', 'anna@example.org', '2026-01-05 09:00Z'::timestamptz, 'Анна', 'Северная', '+7 (900) 000-00-01', '79000000001', 30, 'Россия', 'Москва', 'vk', 'cpc', 'spring', '{"minut": "75"}'::jsonb),
    (2, 'boris@example.org', 'boris@example.org', '2026-01-10 09:00Z', 'Борис', 'Южный', '8 900 000 00 01', '79000000001', 41, 'Россия', 'Казань', 'vk', 'cpc', 'spring', '{"minut": "10"}'),
    (3, 'vera@example.org', 'vera@example.org', '2025-06-01 09:00Z', 'Вера', 'Западная', NULL, NULL, 45, 'Россия', 'Казань', 'email', '', '', '{}'),
    (4, 'gleb@example.org', 'gleb@example.org', '2026-01-31 22:30Z', 'Глеб', '', NULL, NULL, NULL, '', '', NULL, NULL, NULL, '{}'),
    (5, 'staff@school.example', 'staff@school.example', '2026-01-01 09:00Z', 'Сотрудник', '', NULL, NULL, 33, 'Россия', 'Москва', NULL, NULL, NULL, '{}'),
    (6, 'dina@example.org', 'dina@example.org', '2026-02-20 09:00Z', 'Дина', 'Восточная', NULL, NULL, 22, 'Беларусь', 'Минск', 'yandex', 'cpc', '', '{}'),
    (7, 'egor@example.org', 'egor@example.org', '2026-02-21 09:00Z', 'Егор', '', NULL, NULL, 22, 'Россия', 'Москва', 'yandex', 'cpc', '', '{}'),
    (8, 'janna@example.org', 'janna@example.org', '2026-02-22 09:00Z', 'Жанна', '', NULL, NULL, 67, 'Россия', 'Москва', NULL, NULL, NULL, '{}')) u, pg_temp.common() c;

INSERT INTO mirror.deals (id, number, user_id, user_name, email, email_key, phone, created_at, paid_at, content, status, status_code, cost, paid_amount, payment_system_fee, tax, other_fees, earned, currency,
                          manager, payment_system, promo_code, promotion, order_partner_id, order_partner_email, order_partner_name, user_partner_id, user_partner_email, user_partner_name,
                          utm_source, utm_medium, utm_campaign, user_utm_source, tags, offer_tags, custom, row_hash, run_id, export_id, valid_from)
SELECT d.*, c.* FROM (VALUES
    -- paid by card within the day; first of Anna
    (101, '0101', 1::bigint, 'Анна Северная', 'Anna@example.org', 'anna@example.org', '+7 (900) 000-00-01', '2026-01-10 10:00Z'::timestamptz, '2026-01-10 10:05Z'::timestamptz, 'Курс А', 'Завершен', 'payed', 10000.00, 10000.00, 300.00, 600.00, 100.00, 9000.00, 'RUB',
     'Мария Южная / Отдел продаж', 'Тестовый банк', 'ZIMA', '', '77', 'partner@example.net', 'Партнёр Один', NULL, NULL, NULL, 'vk', 'cpc', 'spring', 'vk', '{}'::text[], '{курс,зима}'::text[], '{}'::jsonb),
    -- instalment: two of three thirds came, one is expected; created an hour and a half after midnight in Moscow
    (102, '0102', 2, 'Борис Южный', 'boris@example.org', 'boris@example.org', NULL, '2026-01-31 22:30Z', NULL, 'Курс А', 'Частично оплачен', 'part_payed', 12000.00, 8000.00, NULL, NULL, NULL, NULL, 'RUB',
     'Мария Южная / Отдел продаж', 'Рассрочка', '', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', 'vk', '{}', '{курс}', '{}'),
    -- the old base buys the club twice, one day late
    (103, '0103', 3, 'Вера Западная', 'vera@example.org', 'vera@example.org', NULL, '2026-01-15 08:00Z', '2026-01-15 08:30Z', 'Клуб', 'Завершен', 'payed', 1000.00, 1000.00, 35.00, 60.00, 0.00, 905.00, 'RUB',
     '', 'Тестовый банк', '', '', NULL, NULL, NULL, '88', 'old@example.net', 'Партнёр Два', 'email', '', '', 'email', '{}', '{клуб}', '{}'),
    (104, '0104', 3, 'Вера Западная', 'vera@example.org', 'vera@example.org', NULL, '2026-02-15 08:00Z', '2026-02-15 08:30Z', 'Клуб', 'Завершен', 'payed', 1000.00, 1000.00, 35.00, 60.00, 0.00, 905.00, 'RUB',
     '', 'Тестовый банк', '', '', NULL, NULL, NULL, '88', 'old@example.net', 'Партнёр Два', 'email', '', '', 'email', '{}', '{клуб}', '{}'),
    -- free, staff, false with money, cancelled with a reason
    (105, '0105', 4, 'Глеб', 'gleb@example.org', 'gleb@example.org', NULL, '2026-02-01 09:00Z', NULL, 'Вебинар', 'Завершен', 'payed', 0.00, 0.00, NULL, NULL, NULL, NULL, 'RUB',
     '', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', '{}', '{}', '{}'),
    (106, '0106', 5, 'Сотрудник', 'staff@school.example', 'staff@school.example', NULL, '2026-02-02 09:00Z', '2026-02-02 09:01Z', 'Курс А', 'Завершен', 'payed', 5000.00, 5000.00, NULL, NULL, NULL, NULL, 'RUB',
     '', 'Тестовый банк', '', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', '{}', '{курс}', '{}'),
    (107, '0107', 4, 'Глеб', 'gleb@example.org', 'gleb@example.org', NULL, '2026-02-03 09:00Z', '2026-02-03 09:00Z', 'Курс А', 'Ложный', 'false', 700.00, 700.00, NULL, NULL, NULL, NULL, 'RUB',
     '', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', '{}', '{}', '{}'),
    (108, '0108', 4, 'Глеб', 'gleb@example.org', 'gleb@example.org', NULL, '2026-02-04 09:00Z', NULL, 'Курс Б', 'Отменен', 'cancelled', 3000.00, 0.00, NULL, NULL, NULL, NULL, 'RUB',
     'Пётр Северный', 'Тестовый банк', '', 'Весна', NULL, NULL, NULL, NULL, NULL, NULL, 'vk', 'cpc', '', '', '{}', '{}', '{"reason": "дорого"}'),
    -- returned: the payments say so, the status says waiting, no tag
    (109, '0109', 6, 'Дина Восточная', 'dina@example.org', 'dina@example.org', NULL, '2026-02-21 09:00Z', '2026-02-22 09:00Z', 'Курс Б', 'Ожидаем возврата', 'waiting_for_return', 3000.00, 3000.00, 90.00, 0.00, 0.00, 2910.00, 'BYN',
     'Пётр Северный', 'Тестовый банк', '', '', NULL, NULL, NULL, NULL, NULL, NULL, 'yandex', 'cpc', '', 'yandex', '{}', '{}', '{}'),
    -- backdated by hand, no payments, completed; paid before created
    (110, '0110', 8, 'Жанна', 'janna@example.org', 'janna@example.org', NULL, '2026-03-10 09:00Z', '2026-03-05 09:00Z', 'Курс Б', 'Завершен', 'payed', 3000.00, 3000.00, NULL, NULL, NULL, NULL, 'RUB',
     'Пётр Северный', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', '{}', '{}', '{}'),
    -- tagged as refunded, but neither status nor payments show it; second order of Anna
    (111, '0111', 1, 'Анна Северная', 'Anna@example.org', 'anna@example.org', NULL, '2026-03-20 09:00Z', '2026-03-21 09:00Z', 'Курс Б', 'Завершен', 'payed', 3000.00, 3000.00, 90.00, 180.00, 0.00, 2730.00, 'RUB',
     'Пётр Северный', 'Тестовый банк', '', '', NULL, NULL, NULL, NULL, NULL, NULL, 'vk', 'cpc', 'spring', 'vk', '{Необходим возврат}', '{}', '{}'),
    -- a label nobody knows, no currency, no person
    (112, '0112', NULL, '', NULL, NULL, NULL, '2026-03-25 09:00Z', NULL, '', 'Новый статус', NULL, 500.00, NULL, NULL, NULL, NULL, NULL, NULL,
     '', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', '{}', '{}', '{}')) d, pg_temp.common() c;
UPDATE mirror.deals SET missing_since = NULL;

INSERT INTO mirror.payments (number, user_name, email, email_key, deal_number, created_at, type, status, status_code, amount, fee, received, currency, row_hash, run_id, export_id, valid_from)
SELECT p.*, c.* FROM (VALUES
    ('9001', 'Анна Северная', 'Anna@example.org', 'anna@example.org', '0101', '2026-01-10 10:05Z'::timestamptz, 'Банк', 'Получен', 'accepted', 10000.00, 300.00, 9700.00, 'RUB'),
    ('9002', 'Борис Южный', 'boris@example.org', 'boris@example.org', '0102', '2026-02-01 09:00Z', 'Рассрочка', 'Получен', 'accepted', 4000.00, 0.00, 4000.00, 'RUB'),
    ('9003', 'Борис Южный', 'boris@example.org', 'boris@example.org', '0102', '2026-03-01 09:00Z', 'Рассрочка', 'Получен', 'accepted', 4000.00, 0.00, 4000.00, 'RUB'),
    ('9004', 'Борис Южный', 'boris@example.org', 'boris@example.org', '0102', '2026-03-30 09:00Z', 'Рассрочка', 'Ожидается', 'expected', 4000.00, 0.00, 4000.00, 'RUB'),
    ('9005', 'Вера Западная', 'vera@example.org', 'vera@example.org', '0103', '2026-01-15 08:30Z', 'Банк', 'Получен', 'accepted', 1000.00, 35.00, 965.00, 'RUB'),
    ('9006', 'Вера Западная', 'vera@example.org', 'vera@example.org', '0104', '2026-02-15 08:30Z', 'Банк', 'Получен', 'accepted', 1000.00, 35.00, 965.00, 'RUB'),
    ('9007', 'Сотрудник', 'staff@school.example', 'staff@school.example', '0106', '2026-02-02 09:01Z', 'Банк', 'Получен', 'accepted', 5000.00, 0.00, 5000.00, 'RUB'),
    ('9008', 'Дина Восточная', 'dina@example.org', 'dina@example.org', '0109', '2026-02-22 09:00Z', 'Банк', 'Получен', 'accepted', 3000.00, 90.00, 2910.00, 'BYN'),
    ('9009', 'Дина Восточная', 'dina@example.org', 'dina@example.org', '0109', '2026-03-03 09:00Z', 'Банк', 'Возвращен', 'returned', 3000.00, 0.00, 3000.00, 'BYN'),
    ('9010', 'Анна Северная', 'anna-new@example.org', 'anna-new@example.org', '0111', '2026-03-21 09:00Z', 'Банк', 'Получен', 'accepted', 3000.00, 90.00, 2910.00, 'RUB'),
    -- a top-up of the balance is no revenue; a payment whose order nobody knows is, and finds its payer by e-mail
    ('9011', 'Вера Западная', 'vera@example.org', 'vera@example.org', NULL, '2026-03-22 09:00Z', 'Банк', 'Пополнение баланса', 'tobalance', 9999.00, 0.00, 9999.00, 'RUB'),
    ('9012', 'Вера Западная', 'vera@example.org', 'vera@example.org', '7777', '2026-03-23 09:00Z', 'Банк', 'Получен', 'accepted', 250.00, 0.00, 250.00, 'RUB')) p, pg_temp.common() c;

INSERT INTO mirror.groups (id, name, row_hash, run_id, export_id, valid_from)
SELECT g.*, c.* FROM (VALUES (51, 'Доступ: Курс Б'), (52, 'Урок 01 просмотрен'), (53, 'Урок 02 просмотрен'), (54, 'Вебинар: записались')) g, pg_temp.common() c;
INSERT INTO mirror.memberships (user_id, group_id, joined_on, left_seen_at, row_hash, run_id, export_id, valid_from)
SELECT m.*, c.* FROM (VALUES
    (1, 51, '2026-03-21'::date, NULL::timestamptz), (7, 51, '2026-03-22', NULL),
    (1, 52, '2026-02-01', NULL), (2, 52, '2026-02-02', NULL), (6, 52, '2026-02-25', NULL), (5, 52, '2026-02-25', NULL), (1, 53, '2026-02-10', NULL), (2, 53, '2026-02-12', '2026-03-20 00:00Z'::timestamptz),
    (1, 54, '2026-01-06', NULL), (2, 54, '2026-01-11', NULL), (4, 54, '2026-02-01', NULL)) m, pg_temp.common() c;
-- order 111 was new before the night of 22 March
INSERT INTO history.deals (id, number, user_id, content, created_at, status, status_code, cost, paid_amount, currency, row_hash, run_id, export_id, valid_from, valid_to, closed_run_id)
SELECT 111, '0111', 1, 'Курс Б', '2026-03-20 09:00Z', 'Новый', 'new', 3000.00, 0.00, 'RUB', 0, run_id, export_id, '2026-03-20 12:00Z', '2026-03-22 00:30Z', run_id FROM pg_temp.common();
UPDATE mirror.deals SET valid_from = '2026-03-22 00:30Z' WHERE id = 111;
UPDATE mirror.payments SET valid_from = '2026-03-22 00:30Z' WHERE number = '9010';

-- what the school decided
UPDATE report.settings SET refusal_field = 'reason', manager_share = 10, partner_share = 20;
INSERT INTO report.exclusions VALUES ('email_domain', 'School.example', 'staff');
INSERT INTO report.ad_expenses VALUES ('2026-01-08', 'vk', 'spring', 'RUB', 2500.00), ('2026-03-08', 'yandex', '', 'RUB', 900.00);
INSERT INTO report.manager_plans VALUES ('2026-01-01', 'Мария Южная', 'RUB', 8000.00);
INSERT INTO report.manager_shares VALUES ('Пётр Северный', 5);
INSERT INTO report.launches VALUES ('Зима', 'Курс А', '2026-01-10', '2026-02-28'), ('Весна', 'Курс Б', '2026-02-04', 'infinity');
INSERT INTO report.clubs VALUES ('Клуб', 'Клуб%', 30);
INSERT INTO report.access_rules VALUES ('Доступ: Курс Б', 'Курс Б');
INSERT INTO report.funnel_steps VALUES ('Вебинар', 1, 'записались', 'group', 'Вебинар: записались', NULL), ('Вебинар', 2, 'смотрели от 30 минут', 'field', 'minut', 30),
    ('Вебинар', 3, 'заказали', 'order', 'Курс%', NULL), ('Вебинар', 4, 'оплатили', 'paid', 'Курс%', NULL);
