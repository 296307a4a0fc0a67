-- What a login may do beyond reading as $1 does; no row: nothing.
SELECT why FROM (
    SELECT 1, 'it is a superuser' AS why FROM pg_roles WHERE rolname = session_user AND rolsuper
    UNION ALL
    SELECT 2, 'it may become ' || r.rolname FROM pg_roles r
    WHERE r.rolname NOT IN (session_user, $1) AND pg_has_role(session_user, r.oid, 'MEMBER')
    UNION ALL
    SELECT 3, 'it has powers of its own' FROM pg_roles WHERE rolname = session_user AND (rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)
    UNION ALL
    SELECT 4, 'it is not ' || $1 || ' nor a member of it' WHERE NOT pg_has_role(session_user, (SELECT oid FROM pg_roles WHERE rolname = $1), 'MEMBER')
) found (place, why) ORDER BY place LIMIT 1
