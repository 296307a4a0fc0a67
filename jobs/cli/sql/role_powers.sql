-- Whether role $1 has powers or memberships that BI must not have; no row: there is no such role.
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls
       OR EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
FROM pg_roles r
WHERE rolname = $1
