-- For the administrator of a server where gcmirror may not make roles: run once, in the mirror's database, as a user who may (CREATEROLE), e.g.
--     psql "postgresql://admin@host/mirror" -f roles.sql
-- Afterwards the owner of the mirror runs SELECT report.grant_roles(); doctor says what is still missing. Names of your own: change them here and in
-- report.settings (reader_role, masked_role).
DO $$
DECLARE
    r text;
    zone text := coalesce((SELECT substr(c, strpos(c, '=') + 1) FROM pg_db_role_setting s, unnest(s.setconfig) c
                           WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND lower(c) LIKE 'timezone=%'), 'Europe/Moscow');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_reader') THEN
        CREATE ROLE gcmirror_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 50;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_masked') THEN
        CREATE ROLE gcmirror_masked LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 50;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gcmirror_writer') THEN
        CREATE ROLE gcmirror_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 50;
    END IF;
    FOREACH r IN ARRAY ARRAY['gcmirror_reader', 'gcmirror_masked', 'gcmirror_writer'] LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET timezone = %L', r, current_database(), zone);
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = %L', r, current_database(), '5min');
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = %L', r, current_database(), '10min');
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET work_mem = %L', r, current_database(), '32MB');
    END LOOP;
    EXECUTE format('ALTER ROLE gcmirror_reader IN DATABASE %I SET search_path = report, mirror, history, analytics', current_database());
    EXECUTE format('ALTER ROLE gcmirror_masked IN DATABASE %I SET search_path = masked', current_database());
    EXECUTE format('ALTER ROLE gcmirror_reader IN DATABASE %I SET default_transaction_read_only = on', current_database());
    EXECUTE format('ALTER ROLE gcmirror_masked IN DATABASE %I SET default_transaction_read_only = on', current_database());
END $$;
