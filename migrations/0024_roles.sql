-- report: roles that can be used. Each login gets the account's zone, its limits and a place of its own; nobody else may connect.
ALTER TABLE report.settings ADD COLUMN reader_role text NOT NULL DEFAULT 'gcmirror_reader', ADD COLUMN masked_role text NOT NULL DEFAULT 'gcmirror_masked';
COMMENT ON COLUMN report.settings.reader_role IS 'Role that reads everything; another name per school where several schools share a server.';
COMMENT ON COLUMN report.settings.masked_role IS 'Role that reads the masked views; another name per school where several schools share a server.';

CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'What analysts make: those who may read may create here; gcmirror writes nothing into it and drops nothing of it.';

CREATE TABLE report.reader (
    login    text PRIMARY KEY,
    masked   boolean NOT NULL DEFAULT false,
    added_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE report.reader IS 'Logins of people and tools that may read, made by report.add_reader or gcmirror db user add.';
COMMENT ON COLUMN report.reader.login IS 'Role that logs in.';
COMMENT ON COLUMN report.reader.masked IS 'Whether it sees only the masked views.';
COMMENT ON COLUMN report.reader.added_at IS 'When it was added.';

CREATE TABLE journal.undone (
    what  text PRIMARY KEY,
    text  text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE journal.undone IS 'What a sync should have done for the analysts and could not: wide views, settings of logins. Gone once it is done.';
COMMENT ON COLUMN journal.undone.what IS 'Object or setting.';
COMMENT ON COLUMN journal.undone.text IS 'Why not, and what to do.';
COMMENT ON COLUMN journal.undone.since IS 'Since when.';

CREATE FUNCTION report.set_for(login text, name text, value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) c
               WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND s.setrole = coalesce((SELECT oid FROM pg_roles WHERE rolname = login), 0) AND lower(c) = lower(name || '=' || value)) THEN
        RETURN '';
    END IF;
    EXECUTE CASE WHEN login IS NULL THEN format('ALTER DATABASE %I', current_database()) ELSE format('ALTER ROLE %I IN DATABASE %I', login, current_database()) END
            || format(' SET %I = ', name) || CASE name WHEN 'search_path' THEN value ELSE quote_literal(value) END;
    RETURN '';
EXCEPTION WHEN OTHERS THEN
    RETURN format('%s for %s: %s', name, coalesce(login, 'the database'), SQLERRM);
END $$;
COMMENT ON FUNCTION report.set_for(text, text, text) IS 'Makes a value the default of a login (NULL: of everybody) in this database. Empty, or why it could not.';

CREATE FUNCTION report.apply_settings() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    s report.settings;
    r record;
    problems text[] := '{}';
BEGIN
    SELECT * INTO s FROM report.settings;
    problems := problems || report.set_for(NULL, 'timezone', s.time_zone) || report.set_for(NULL, 'jit', 'off');
    FOR r IN SELECT p.rolname, p.rolname IN (s.reader_role, s.masked_role) AS shared,
                    EXISTS (SELECT FROM pg_roles g WHERE g.rolname = s.reader_role AND pg_has_role(p.oid, g.oid, 'MEMBER')) AS reads
             FROM pg_roles p
             WHERE NOT p.rolsuper AND p.rolcanlogin
               AND (p.rolname = 'gcmirror_writer' OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname IN (s.reader_role, s.masked_role) AND pg_has_role(p.oid, g.oid, 'MEMBER')))
               AND p.rolname <> current_user AND NOT pg_has_role(p.oid, current_user, 'MEMBER')
             ORDER BY 1 LOOP
        problems := problems || report.set_for(r.rolname, 'timezone', s.time_zone) || report.set_for(r.rolname, 'statement_timeout', '5min')
                             || report.set_for(r.rolname, 'idle_in_transaction_session_timeout', '10min') || report.set_for(r.rolname, 'work_mem', '32MB');
        -- only a superuser may: where we are none, the administrator's script does it
        IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN problems := problems || report.set_for(r.rolname, 'temp_file_limit', '20GB'); END IF;
        CONTINUE WHEN r.rolname = 'gcmirror_writer';
        problems := problems || report.set_for(r.rolname, 'search_path', CASE WHEN r.reads THEN 'report, mirror, history, analytics' ELSE 'masked' END);
        IF r.shared THEN problems := problems || report.set_for(r.rolname, 'default_transaction_read_only', 'on'); END IF;
    END LOOP;
    problems := array_remove(problems, '');
    IF cardinality(problems) = 0 THEN
        DELETE FROM journal.undone WHERE what = 'settings of logins';
    ELSE
        INSERT INTO journal.undone (what, text) VALUES ('settings of logins', array_to_string(problems, '; '))
        ON CONFLICT (what) DO UPDATE SET text = excluded.text WHERE journal.undone.text <> excluded.text;
    END IF;
    RETURN array_to_string(problems, '; ');
END $$;
COMMENT ON FUNCTION report.apply_settings() IS 'The account''s zone for the database and every login that reads, and the limits of each: called at every sync. Empty, or what could not be done.';

CREATE OR REPLACE FUNCTION report.grant_roles() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s report.settings;
    r text;
    found text;
BEGIN
    SELECT * INTO s FROM report.settings;
    FOREACH r IN ARRAY ARRAY[s.reader_role, s.masked_role] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 50', r);
            EXCEPTION
                WHEN insufficient_privilege THEN RAISE NOTICE 'role % was not made: this user may not make roles; hand jobs/report/bi/roles.sql to the administrator', r;
                WHEN duplicate_object OR unique_violation THEN NULL;   -- another database of this server made it at the same moment
            END;
        END IF;
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r);
        FOREACH found IN ARRAY CASE r WHEN s.reader_role THEN ARRAY['report', 'mirror', 'history', 'analytics'] ELSE ARRAY['masked'] END LOOP
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', found, r);
            EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', found, r);
            EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', found, r);
            EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO %I', found, r);
            EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON SEQUENCES TO %I', found, r);
        END LOOP;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = s.reader_role) THEN
        EXECUTE format('GRANT CREATE ON SCHEMA analytics TO %I', s.reader_role);
    END IF;
    PERFORM report.close_door();
END $$;
COMMENT ON FUNCTION report.grant_roles() IS 'Makes the reading roles where they are missing and lets them read what they may; everybody else stays outside.';

CREATE FUNCTION report.close_door() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s report.settings;
    r text;
BEGIN
    SELECT * INTO s FROM report.settings;
    IF NOT EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(current_user, datdba, 'MEMBER')) THEN RETURN; END IF;
    -- who was let in to one of the schemas keeps the door; a database that holds other people's schemas stays as it is
    IF EXISTS (SELECT FROM pg_namespace n WHERE n.nspname !~ '^(pg_|public$|information_schema$)' AND NOT pg_has_role(current_user, n.nspowner, 'MEMBER')) THEN RETURN; END IF;
    FOR r IN SELECT DISTINCT p.rolname FROM pg_namespace n, aclexplode(n.nspacl) a JOIN pg_roles p ON p.oid = a.grantee
             WHERE n.nspname IN ('report', 'mirror', 'history', 'masked', 'outbox', 'analytics') LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), r);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = s.reader_role) THEN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), s.reader_role); END IF;
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
COMMENT ON FUNCTION report.close_door() IS 'Only roles that were let in to a schema of gcmirror may connect; called by report.grant_roles().';

CREATE FUNCTION report.add_reader(login text, masked boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    s report.settings;
    made boolean := false;
    problems text;
BEGIN
    SELECT * INTO s FROM report.settings;
    IF login IS NULL OR login !~ '^[A-Za-z_][A-Za-z0-9_.@-]{0,62}$' THEN
        RAISE 'login is "%", expected letters, digits and . _ @ -, beginning with a letter', login USING ERRCODE = 'invalid_name';
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)) THEN
        RAISE 'role "%" has powers of its own and would not be bound by any limit', login USING HINT = 'Name another login.';
    END IF;
    PERFORM report.grant_roles();
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', login);
        made := true;
    END IF;
    EXECUTE format('GRANT %I TO %I', CASE WHEN masked THEN s.masked_role ELSE s.reader_role END, login);
    EXECUTE format('REVOKE %I FROM %I', CASE WHEN masked THEN s.reader_role ELSE s.masked_role END, login);
    INSERT INTO report.reader AS k (login, masked) VALUES (add_reader.login, add_reader.masked) ON CONFLICT ON CONSTRAINT reader_pkey DO UPDATE SET masked = excluded.masked;
    problems := report.apply_settings();
    RETURN login || CASE WHEN made THEN ' was made' ELSE ' was there' END || CASE WHEN masked THEN ' and reads the masked views' ELSE ' and reads report, mirror and history' END
           || CASE WHEN made THEN '; give it a password with \password ' || login ELSE '' END || CASE problems WHEN '' THEN '' ELSE '. Not done: ' || problems END;
END $$;
COMMENT ON FUNCTION report.add_reader(text, boolean) IS 'Lets a login read (masked: only the masked views) with the account''s zone and the limits; makes the role where it is missing.';

SELECT report.grant_roles(), report.apply_settings();
