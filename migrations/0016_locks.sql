-- Locks that only the owner can take. Any role may take any advisory lock, and with it stop a night:
-- so each lock is a table of its own, in a schema that nobody else may use. LOCK TABLE writes
-- nothing, keeps no snapshot, and ends with its connection.
CREATE SCHEMA lock;
COMMENT ON SCHEMA lock IS 'One empty table per lock of gcmirror: who holds one, has locked its table. Nobody but the owner may.';
REVOKE ALL ON SCHEMA lock FROM PUBLIC;

CREATE TABLE lock.sync ();
COMMENT ON TABLE lock.sync IS 'Held by the sync, replay or rollback at work.';
CREATE TABLE lock.serve ();
COMMENT ON TABLE lock.serve IS 'Held by the service that leads.';
CREATE TABLE lock.push ();
COMMENT ON TABLE lock.push IS 'Held by whoever plans or sends changes.';
CREATE TABLE lock.ledger ();
COMMENT ON TABLE lock.ledger IS 'Held while a request is written into the ledger.';
CREATE TABLE lock.audit ();
COMMENT ON TABLE lock.audit IS 'Held while a line is chained to outbox.audit.';

CREATE OR REPLACE FUNCTION outbox.chain_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE lock.audit IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(a.id), 0) + 1, coalesce((SELECT b.hash FROM outbox.audit b ORDER BY b.id DESC LIMIT 1), '')
        INTO NEW.id, NEW.previous FROM outbox.audit a;
    NEW.at := clock_timestamp();
    NEW.database_user := session_user;
    NEW.hash := outbox.audit_hash(NEW);
    RETURN NEW;
END $$;
