-- What masks: each column of report that holds words is plain, a person, a contact or free text; what nobody has declared is left out.
CREATE TABLE report.masking (
    column_name text PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('plain', 'person', 'contact', 'free', 'set_apart'))
);
COMMENT ON TABLE report.masking IS 'What gcmirror_masked may see of the columns of report that hold words: a copy of schema/personal.cpp. A column that is not in it is left out.';
COMMENT ON COLUMN report.masking.column_name IS 'Column of a view of report.';
COMMENT ON COLUMN report.masking.kind IS 'plain: as it is; person, contact, free: keyed hashes; set_apart: the reason without whom or what it names.';
INSERT INTO report.masking VALUES
    ('age_band', 'plain'), ('buyer_kind', 'plain'), ('channel', 'plain'), ('check_name', 'plain'),
    ('city', 'plain'), ('club', 'plain'), ('country', 'plain'), ('currency', 'plain'),
    ('deal_number', 'plain'), ('department', 'free'), ('email', 'contact'), ('event', 'plain'),
    ('expected_group', 'free'), ('expected_product', 'free'), ('from_status', 'plain'), ('funnel', 'plain'),
    ('group_name', 'free'), ('kind', 'plain'), ('known_for', 'plain'), ('launch', 'plain'),
    ('manager', 'person'), ('matched_by', 'plain'), ('meaning', 'plain'), ('money_on_from', 'plain'),
    ('offer_tag', 'free'), ('offer_tags', 'free'), ('order_number', 'plain'), ('order_partner_email', 'contact'),
    ('order_partner_id', 'plain'), ('order_partner_name', 'person'), ('partner', 'person'), ('partner_email', 'contact'),
    ('partner_id', 'plain'), ('partner_kind', 'plain'), ('payment_number', 'plain'), ('payment_system', 'plain'),
    ('person_name', 'person'), ('person_utm_campaign', 'plain'), ('person_utm_medium', 'plain'), ('person_utm_source', 'plain'),
    ('phone', 'contact'), ('product', 'free'), ('promo_code', 'free'), ('promotion', 'free'),
    ('reason', 'set_apart'), ('refusal_reason', 'free'), ('run_state', 'plain'), ('segment', 'plain'),
    ('set_apart', 'set_apart'), ('source', 'plain'), ('status', 'plain'), ('status_code', 'plain'),
    ('table_name', 'plain'), ('tag', 'free'), ('tags', 'free'), ('title', 'plain'),
    ('to_status', 'plain'), ('type', 'plain'), ('user_ids', 'plain'), ('user_partner_email', 'contact'),
    ('user_partner_id', 'plain'), ('user_partner_name', 'person'), ('utm_campaign', 'plain'), ('utm_medium', 'plain'),
    ('utm_source', 'plain'), ('zone', 'plain');

CREATE FUNCTION report.masked_column(name text, type oid) RETURNS text LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN type IN ('bigint'::regtype, 'integer'::regtype, 'numeric'::regtype, 'date'::regtype, 'timestamptz'::regtype, 'boolean'::regtype) THEN format('%1$I AS %1$I', name)
    WHEN kind.kind = 'plain' THEN format('%1$I AS %1$I', name)
    WHEN kind.kind = 'set_apart' AND type = 'text'::regtype THEN
        format('CASE WHEN %1$I IN (''free'', ''false'', ''vanished'') THEN %1$I WHEN %1$I LIKE ''excluded: %%'' THEN ''excluded: (hidden)'' WHEN %1$I IS NOT NULL THEN ''(hidden)'' END AS %1$I', name)
    WHEN kind.kind IN ('person', 'contact', 'free') AND type = 'text'::regtype THEN
        format('CASE WHEN %1$I IN ('''', ''(none)'', ''(no title)'', ''(no order)'', ''(not given)'', ''(unknown)'') THEN %1$I ELSE (SELECT m.mask FROM journal.mask m WHERE m.plain = %1$I) END AS %1$I', name)
    ELSE format('NULL::%2$s AS %1$I', name, format_type(type, NULL)) END
FROM (SELECT (SELECT m.kind FROM report.masking m WHERE m.column_name = name) AS kind) kind
$$;
COMMENT ON FUNCTION report.masked_column(text, oid) IS 'How masked shows a column: numbers and days as they are, words by report.masking, words that nobody declared not at all.';

CREATE OR REPLACE FUNCTION report.publish_masked() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
    columns text;
BEGIN
    FOR v IN SELECT c.oid, c.relname, obj_description(c.oid) AS text FROM pg_class c WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' ORDER BY c.relname LOOP
        SELECT string_agg(report.masked_column(attname::text, atttypid), ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute WHERE attrelid = v.oid AND attnum > 0 AND NOT attisdropped;
        EXECUTE format('CREATE OR REPLACE VIEW masked.%I AS SELECT %s FROM report.%I', v.relname, columns, v.relname);
        EXECUTE format('COMMENT ON VIEW masked.%I IS %L', v.relname, v.text);
    END LOOP;
    FOR v IN SELECT c.relname, a.attname, col_description(a.attrelid, a.attnum) AS text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped LOOP
        EXECUTE format('COMMENT ON COLUMN masked.%I.%I IS %L', v.relname, v.attname, v.text);
    END LOOP;
END $$;
SELECT report.publish_masked(), report.grant_roles();
