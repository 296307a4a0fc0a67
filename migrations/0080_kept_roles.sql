-- Roles belong to a server, not to a database: a dump takes them along as rows, for the restore.
CREATE TABLE journal.kept_role (
    name     text PRIMARY KEY,
    verifier text
);
REVOKE ALL ON journal.kept_role FROM PUBLIC;
COMMENT ON TABLE journal.kept_role IS 'Logins and what the server knows their passwords by, only while a dump is written and in the dump itself; nobody but the owner reads it.';
COMMENT ON COLUMN journal.kept_role.name IS 'Role of the server.';
COMMENT ON COLUMN journal.kept_role.verifier IS 'SCRAM verifier of its password, from which nobody computes it; NULL: it has none; empty: the owner may not read it.';
