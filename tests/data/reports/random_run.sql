-- One run of a small, restless school: orders, payments, people and memberships appear, change, vanish and return, under the numbers, e-mails and
-- people of one another.
CREATE OR REPLACE FUNCTION pg_temp.random_run(run bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mirror.users (id, email, email_key, created_at, row_hash, run_id, export_id, valid_from)
    SELECT coalesce((SELECT max(id) FROM mirror.users), 0) + i, m, m, '2026-01-01Z'::timestamptz + random() * interval '90 days', 0, run, 1, now()
    FROM generate_series(1, (random() * 2)::int) i, LATERAL (SELECT 'u' || (random() * 9 + i * 0)::int || '@' || (ARRAY['a.example', 'school.example'])[1 + (random() + i * 0)::int]) e(m);
    WITH before AS (SELECT * FROM mirror.users WHERE random() < 0.2),
         kept AS (INSERT INTO history.users (id, email_key, created_at, row_hash, run_id, export_id, valid_from, valid_to, closed_run_id) SELECT id, email_key, created_at, 0, run_id, 1, valid_from, now(), run FROM before)
    UPDATE mirror.users u SET email_key = 'u' || (random() * 9)::int || '@a.example', missing_since = CASE WHEN random() < 0.3 THEN now() END, run_id = run FROM before b WHERE u.id = b.id;
    INSERT INTO mirror.memberships (user_id, group_id, joined_on, row_hash, run_id, export_id, valid_from)
    SELECT (random() * 8)::int, 1 + (random() * 2)::int, CASE WHEN random() < 0.8 THEN '2026-02-01'::date + (random() * 5)::int END, 0, run, 1, now() ON CONFLICT DO NOTHING;
    UPDATE mirror.memberships SET left_seen_at = CASE WHEN random() < 0.5 THEN now() END, run_id = run WHERE random() < 0.3;
    INSERT INTO mirror.deals (id, number, user_id, email_key, created_at, paid_at, content, status_code, cost, paid_amount, currency, manager, tags, utm_source, row_hash, run_id, export_id, valid_from)
    SELECT coalesce((SELECT max(id) FROM mirror.deals), 0) + i, nullif('N' || (random() * 14)::int, 'N0'), nullif((random() * 8)::int, 0), 'u' || (random() * 9)::int || '@a.example',
           '2026-01-01Z'::timestamptz + random() * interval '90 days', CASE WHEN random() < 0.5 THEN '2026-01-01Z'::timestamptz + random() * interval '90 days' END,
           'P' || (random() * 3)::int, (ARRAY['payed', 'part_payed', 'new', 'false', 'cancelled', NULL])[1 + (random() * 5)::int], (random() * 100)::int, (random() * 2)::int * 50, (ARRAY['RUB', 'USD'])[1 + random()::int],
           (ARRAY['', 'M1 / D', 'M2'])[1 + (random() * 2)::int], (ARRAY['{}', '{test}'])[1 + (random() * 0.7)::int]::text[], 's' || (random() * 2)::int, 0, run, 1, now()
    FROM generate_series(1, (random() * 5)::int) i;
    CREATE TEMP TABLE IF NOT EXISTS before AS SELECT * FROM mirror.deals LIMIT 0;
    TRUNCATE pg_temp.before;
    INSERT INTO pg_temp.before SELECT * FROM mirror.deals WHERE random() < 0.15;
    INSERT INTO history.deals (id, number, user_id, status, status_code, created_at, row_hash, run_id, export_id, valid_from, valid_to, closed_run_id)
    SELECT id, number, user_id, status, status_code, created_at, 0, run_id, 1, valid_from, clock_timestamp(), run FROM pg_temp.before;
    UPDATE mirror.deals SET valid_from = (SELECT max(h.valid_to) FROM history.deals h WHERE h.id = mirror.deals.id), status = (ARRAY['Новый', 'Завершен', NULL])[1 + (random() * 2)::int],
           user_partner_id = (ARRAY['7', '', NULL])[1 + (random() * 2)::int], offer_tags = (ARRAY['{}', '{a,b}'])[1 + random()::int]::text[],
           number = nullif('N' || (random() * 14)::int, 'N0'), user_id = nullif((random() * 8)::int, 0), status_code = (ARRAY['payed', 'false', 'new'])[1 + (random() * 2)::int],
           paid_amount = (random() * 2)::int * 50, missing_since = CASE WHEN random() < 0.3 THEN now() END, content = 'P' || (random() * 3)::int, run_id = run
    WHERE id IN (SELECT id FROM pg_temp.before);
    INSERT INTO mirror.payments (number, email_key, deal_number, created_at, status_code, amount, currency, row_hash, run_id, export_id, valid_from)
    SELECT 'Z' || run || '-' || i, 'u' || (random() * 9)::int || '@a.example', nullif('N' || (random() * 14)::int, 'N0'), '2026-01-01Z'::timestamptz + random() * interval '90 days',
           (ARRAY['accepted', 'returned', 'expected', 'tobalance', NULL])[1 + (random() * 4)::int], (random() * 100)::int, (ARRAY['RUB', 'USD', NULL])[1 + (random() * 2)::int], 0, run, 1, now()
    FROM generate_series(1, (random() * 6)::int) i;
    UPDATE mirror.payments SET deal_number = nullif('N' || (random() * 14)::int, 'N0'), status_code = (ARRAY['accepted', 'returned', NULL])[1 + (random() * 2)::int],
           email_key = 'u' || (random() * 9)::int || '@a.example', missing_since = CASE WHEN random() < 0.2 THEN now() END, run_id = run
    WHERE random() < 0.15;
END $$;
