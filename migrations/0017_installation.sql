-- Whose database this is: one account, one installation. A copy of it must not send a second time
-- what was planned once, nor keep a second ledger of one budget.
CREATE TABLE journal.installation (
    single        boolean PRIMARY KEY DEFAULT true CHECK (single),
    account       text NOT NULL,
    host          text NOT NULL,
    server        text NOT NULL,
    name          text NOT NULL,
    place         text NOT NULL,
    private       boolean NOT NULL,
    claimed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_by    text NOT NULL DEFAULT session_user,
    previously    jsonb NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE journal.installation IS 'The account and the installation this database belongs to; one line, written by the first sync, changed by gcmirror db adopt.';
COMMENT ON COLUMN journal.installation.single IS 'There is one line.';
COMMENT ON COLUMN journal.installation.account IS 'Account as configured; empty for a school with its own domain.';
COMMENT ON COLUMN journal.installation.host IS 'Host that was asked.';
COMMENT ON COLUMN journal.installation.server IS 'The server''s own identity and the database''s number in it: a restored or templated copy has another.';
COMMENT ON COLUMN journal.installation.name IS 'Random name, which stands in the file installation of data_dir, too.';
COMMENT ON COLUMN journal.installation.place IS 'Machine and data_dir.';
COMMENT ON COLUMN journal.installation.private IS 'Whether the database is the private cluster of that place.';
COMMENT ON COLUMN journal.installation.claimed_at IS 'When it was claimed or adopted.';
COMMENT ON COLUMN journal.installation.claimed_by IS 'By which database role.';
COMMENT ON COLUMN journal.installation.previously IS 'Lines before, oldest first.';
