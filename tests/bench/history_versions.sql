-- Orders' versions as nights write them: a hundred nights of the same number of changes each, 585 bytes a version, side by side those of one night.
CREATE TEMP TABLE changed AS
SELECT n, id, lag(n) OVER (PARTITION BY id ORDER BY n) AS before
FROM (SELECT DISTINCT n, (hashint8(n::bigint * 7919000 + g)::bigint + 2147483648) % (:versions / 5) + 1 AS id FROM generate_series(1, 100) n, generate_series(1, :versions / 100) g) c;
INSERT INTO journal.run (job, loaded_at) SELECT 'bench', clock_timestamp() FROM generate_series(1, 102);
INSERT INTO history.deals (id, number, user_id, user_name, email, email_key, phone, phone_key, created_at, content, status, status_code, cost, paid_amount, currency, manager,
                           utm_source, utm_medium, utm_campaign, tags, custom, row_hash, run_id, export_id, valid_from, valid_to, closed_run_id)
SELECT id, 'N' || id, id / 3, 'Имя Фамилия ' || id, 'person' || id || '@example.com', 'person' || id || '@example.com', '+7 999 ' || id, '7999' || id, '2023-01-01', 'Курс «Основы», пакет стандартный ' || id % 17,
       (ARRAY['Новый', 'В работе', 'Завершен'])[1 + abs(hashint8(id + n)) % 3], 'new', 12000, 0, 'RUB', 'Мария Иванова / Отдел продаж', 'vk', 'cpc', 'autumn-' || id % 40, '{a,b,c}',
       '{"moi_tsvet": "синий", "razmer": "XL", "kommentariy": "позвонить после обеда, просил счёт"}', 1, coalesce(before, 0), 0,
       timestamptz '2024-01-01 03:00Z' + make_interval(days => coalesce(before, -300)), timestamptz '2024-01-01 03:00Z' + make_interval(days => n), n + 1
FROM changed ORDER BY n, id;
DROP TABLE changed;
