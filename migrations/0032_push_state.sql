-- Write-back: the state of the mirror that a plan was made on, the cost an edit may need, and who
-- stood behind the given names.
ALTER TABLE outbox.plan ADD COLUMN mirror_as_of timestamptz;
COMMENT ON COLUMN outbox.plan.mirror_as_of IS 'State of the mirror it was made on: the older one of people and orders; NULL: made by an older version.';
ALTER TABLE outbox.plan ADD COLUMN database_user text;
ALTER TABLE outbox.plan ALTER COLUMN database_user SET DEFAULT session_user;
COMMENT ON COLUMN outbox.plan.database_user IS 'Database user who made it; NULL: made by an older version.';
ALTER TABLE outbox.plan ADD COLUMN os_user text NOT NULL DEFAULT '';
COMMENT ON COLUMN outbox.plan.os_user IS 'User of the operating system who made it, whatever name was given.';

ALTER TABLE outbox.approval ADD COLUMN database_user text;
ALTER TABLE outbox.approval ALTER COLUMN database_user SET DEFAULT session_user;
COMMENT ON COLUMN outbox.approval.database_user IS 'Database user who approved; NULL: by an older version.';
ALTER TABLE outbox.approval ADD COLUMN os_user text NOT NULL DEFAULT '';
COMMENT ON COLUMN outbox.approval.os_user IS 'User of the operating system who approved, whatever name was given.';

ALTER TABLE outbox.change ADD COLUMN cost text NOT NULL DEFAULT '';
COMMENT ON COLUMN outbox.change.cost IS 'Cost of the known order in the mirror at planning; goes along where the account refuses an edit without. Empty: the document has one, or there is none.';

-- What older plans did not have is left out, so that an approval given before still holds.
CREATE OR REPLACE FUNCTION outbox.plan_hash(which bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(p.name || E'\n' || p.object || E'\n' || p.mode || E'\n' || coalesce(
        (SELECT string_agg((jsonb_build_array(c.id, c.object, c.key, c.email_key, c.deal_number, c.creates, c.pays, c.differences, c.document)
                            || CASE WHEN c.cost = '' THEN '[]' ELSE jsonb_build_array(c.cost) END)::text, E'\n' ORDER BY c.id)
         FROM outbox.change c WHERE c.plan_id = p.id), '')
        || coalesce(E'\n' || to_char(p.mirror_as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), ''), 'UTF8')), 'hex')
    FROM outbox.plan p WHERE p.id = which
$$;
COMMENT ON FUNCTION outbox.plan_hash(bigint) IS 'SHA-256 over everything a plan would send and the state it was made on; compared at approval and before sending.';

ALTER TABLE outbox.plan DROP CONSTRAINT plan_source_check;
ALTER TABLE outbox.plan ADD CONSTRAINT plan_source_check CHECK (source IN ('query', 'csv', 'outbox', 'undo'));
COMMENT ON COLUMN outbox.plan.source IS 'query: jobs/push/queries or the school''s directory; csv: file or stdin; outbox: rows inserted by analysts; undo: the reverse of a plan.';
