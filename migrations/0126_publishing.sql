-- A load that stays open while a run waits for its next export marked the facts as stale by the one
-- row of report.fact_state, and kept it locked: whoever changed exclusions or settings meanwhile
-- waited for the night's end. Who writes the facts in the same transaction need not say that they
-- are stale.
CREATE OR REPLACE FUNCTION report.mark_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_table_schema = 'report' THEN
        UPDATE report.fact_state SET stale = true, rebuild = true, stale_in = txid_current() WHERE NOT (stale AND rebuild);
    ELSIF current_setting('gcmirror.publishing', true) = 'on' THEN
        RETURN NULL;
    ELSIF tg_table_name <> 'groups' OR EXISTS (SELECT FROM report.exclusions WHERE kind = 'group') THEN
        UPDATE report.fact_state SET stale = true, stale_in = txid_current() WHERE NOT stale;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION report.mark_stale() IS 'Trigger: the facts no longer follow from the rows, unless the setting gcmirror.publishing says that this transaction writes them, too.';
