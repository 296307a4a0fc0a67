-- What the service of sixty_nights_test holds and held, and how this test reads a cell: by SQL that
-- shares nothing with the normalizer.
CREATE SCHEMA service;
-- A column of a table at the service, in the order of its exports, and where the mirror keeps it.
CREATE TABLE service.reading (
    place serial, table_name text, heading text, column_name text, kind text);
CREATE TABLE service.change (
    table_name text, row_key text, heading text, since timestamptz, value text);
CREATE INDEX ON service.change (table_name, row_key, heading, since);
CREATE TABLE service.life (
    table_name text, row_key text, created date, since timestamptz, until timestamptz);
CREATE TABLE service.body (table_name text, info jsonb);

CREATE FUNCTION service.read(kind text, given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN btrim(coalesce(given, '')) = '' THEN NULL ELSE CASE kind
        WHEN 'money' THEN replace(substring(replace(given, ' ', '') FROM '^-?[0-9]+(?:[.,][0-9]+)?'), ',', '.')::numeric(18,2)::text
        WHEN 'currency_word' THEN CASE WHEN given LIKE '%руб.' THEN 'RUB' END
        WHEN 'moment' THEN to_char((given::timestamp AT TIME ZONE 'Europe/Moscow') AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
        WHEN 'date' THEN given::date::text
        WHEN 'number' THEN given::bigint::text
        WHEN 'list' THEN given::jsonb::text
        WHEN 'email_key' THEN lower(btrim(given))
        WHEN 'phone_key' THEN regexp_replace(regexp_replace(given, '[^0-9]', '', 'g'), '^8(.{10})$', '7\1')
        WHEN 'status_code' THEN CASE given WHEN 'Новый' THEN 'new' WHEN 'Завершен' THEN 'payed'
            WHEN 'Ожидаем возврата' THEN 'waiting_for_return' WHEN 'Отменен' THEN 'cancelled'
            WHEN 'Ожидается' THEN 'expected' WHEN 'Получен' THEN 'accepted' WHEN 'Возвращен' THEN 'returned' END
        ELSE given END END $$;
-- The same for what the mirror holds, from its row as JSON.
CREATE FUNCTION service.held(table_name text, kind text, column_name text, of_row jsonb) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN column_name LIKE 'custom:%' THEN of_row -> 'custom' ->> (SELECT f.name FROM mirror.custom_fields f
            WHERE f.table_name = $1 AND f.title = substr($3, 8))
        WHEN kind = 'moment' THEN to_char((of_row ->> column_name)::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
        ELSE of_row ->> column_name END $$;
CREATE FUNCTION service.at(table_name text, row_key text, heading text, moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT c.value FROM service.change c
    WHERE (c.table_name, c.row_key, c.heading) = ($1, $2, $3) AND c.since <= $4
    ORDER BY c.since DESC LIMIT 1 $$;
CREATE FUNCTION service.lives(table_name text, row_key text, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM service.life l WHERE (l.table_name, l.row_key) = ($1, $2)
                   AND l.since <= $3 AND coalesce(l.until, 'infinity') > $3) $$;

INSERT INTO service.reading (table_name, heading, column_name, kind) VALUES
    ('deals', 'ID заказа', 'id', 'number'), ('deals', 'Номер', 'number', 'text'), ('deals', 'ID пользователя', 'user_id', 'number'),
    ('deals', 'Пользователь', 'user_name', 'text'), ('deals', 'Email', 'email', 'text'), ('deals', 'Email', 'email_key', 'email_key'),
    ('deals', 'Телефон', 'phone', 'text'), ('deals', 'Телефон', 'phone_key', 'phone_key'),
    ('deals', 'Дата создания', 'created_at', 'moment'), ('deals', 'Дата оплаты', 'paid_at', 'moment'), ('deals', 'Состав заказа', 'content', 'text'),
    ('deals', 'Статус', 'status', 'text'), ('deals', 'Статус', 'status_code', 'status_code'), ('deals', 'Стоимость, RUB', 'cost', 'money'),
    ('deals', 'Оплачено', 'paid_amount', 'money'), ('deals', 'Комиссия платежной системы', 'payment_system_fee', 'money'),
    ('deals', 'Получено', 'received', 'money'), ('deals', 'Налог', 'tax', 'money'),
    ('deals', 'Осталось после вычета комиссии платежной системы и налога', 'after_fee_and_tax', 'money'),
    ('deals', 'Другие комиссии', 'other_fees', 'money'), ('deals', 'Заработано', 'earned', 'money'), ('deals', 'Валюта', 'currency', 'text'),
    ('deals', 'Менеджер', 'manager', 'text'), ('deals', 'Город', 'city', 'text'), ('deals', 'Платежная система', 'payment_system', 'text'),
    ('deals', 'ID партнера', 'partner_id', 'text'), ('deals', 'Использован промокод', 'promo_code', 'text'), ('deals', 'Промоакция', 'promotion', 'text'),
    ('deals', 'Канал', 'custom:Канал', 'text'), ('deals', 'Дата звонка', 'custom:Дата звонка', 'text'),
    ('deals', 'ID партнера заказа', 'order_partner_id', 'text'), ('deals', 'Email партнера заказа', 'order_partner_email', 'text'),
    ('deals', 'ФИО партнера заказа', 'order_partner_name', 'text'), ('deals', 'ID партнера пользователя', 'user_partner_id', 'text'),
    ('deals', 'Email партнера пользователя', 'user_partner_email', 'text'), ('deals', 'ФИО партнера пользователя', 'user_partner_name', 'text'),
    ('deals', 'utm_source', 'utm_source', 'text'), ('deals', 'utm_medium', 'utm_medium', 'text'), ('deals', 'utm_campaign', 'utm_campaign', 'text'),
    ('deals', 'utm_content', 'utm_content', 'text'), ('deals', 'utm_term', 'utm_term', 'text'), ('deals', 'utm_group', 'utm_group', 'text'),
    ('deals', 'Партнерский источник', 'partner_source', 'text'), ('deals', 'Партнерский код', 'partner_code', 'text'),
    ('deals', 'Партнер (сессия)', 'session_partner', 'text'), ('deals', 'user_utm_source', 'user_utm_source', 'text'),
    ('deals', 'user_utm_medium', 'user_utm_medium', 'text'), ('deals', 'user_utm_campaign', 'user_utm_campaign', 'text'),
    ('deals', 'user_utm_content', 'user_utm_content', 'text'), ('deals', 'user_utm_term', 'user_utm_term', 'text'),
    ('deals', 'user_utm_group', 'user_utm_group', 'text'), ('deals', 'user_gcpc', 'user_gcpc', 'text'),
    ('deals', 'Теги', 'tags', 'list'), ('deals', 'Теги предложений', 'offer_tags', 'list'),
    ('users', 'id', 'id', 'number'), ('users', 'Email', 'email', 'text'), ('users', 'Email', 'email_key', 'email_key'),
    ('users', 'Тип регистрации', 'registration_type', 'text'), ('users', 'Создан', 'created_at', 'moment'),
    ('users', 'Последняя активность', 'last_activity_at', 'moment'), ('users', 'Имя', 'first_name', 'text'), ('users', 'Фамилия', 'last_name', 'text'),
    ('users', 'Телефон', 'phone', 'text'), ('users', 'Телефон', 'phone_key', 'phone_key'), ('users', 'Дата рождения', 'birth_date', 'date'),
    ('users', 'Возраст', 'age', 'number'), ('users', 'Страна', 'country', 'text'), ('users', 'Город', 'city', 'text'),
    ('users', 'От партнера', 'invited_by', 'text'), ('users', 'Ваш ник в Telegram', 'custom:Ваш ник в Telegram', 'text'),
    ('users', 'Откуда пришел', 'came_from', 'text'), ('users', 'utm_source', 'utm_source', 'text'), ('users', 'utm_medium', 'utm_medium', 'text'),
    ('users', 'utm_campaign', 'utm_campaign', 'text'), ('users', 'utm_term', 'utm_term', 'text'), ('users', 'utm_content', 'utm_content', 'text'),
    ('users', 'utm_group', 'utm_group', 'text'), ('users', 'ID партнера', 'partner_id', 'text'), ('users', 'Email партнера', 'partner_email', 'text'),
    ('users', 'ФИО партнера', 'partner_name', 'text'), ('users', 'ФИО менеджера', 'manager_name', 'text'), ('users', 'VK-ID', 'vk_id', 'text'),
    ('users', 'id групп пользователя/дата добавления', NULL, 'groups'),
    ('payments', 'Номер', 'number', 'text'), ('payments', 'Пользователь', 'user_name', 'text'), ('payments', 'Эл. почта', 'email', 'text'),
    ('payments', 'Эл. почта', 'email_key', 'email_key'), ('payments', 'Заказ', 'deal_number', 'text'), ('payments', 'Дата создания', 'created_at', 'moment'),
    ('payments', 'Тип', 'type', 'text'), ('payments', 'Статус', 'status', 'text'), ('payments', 'Статус', 'status_code', 'status_code'),
    ('payments', 'Сумма', 'amount', 'money'), ('payments', 'Сумма', 'currency', 'currency_word'), ('payments', 'Комиссии', 'fee', 'money'),
    ('payments', 'Получено', 'received', 'money'), ('payments', 'Код платежа', 'payment_code', 'text'), ('payments', 'Название', 'title', 'text');
