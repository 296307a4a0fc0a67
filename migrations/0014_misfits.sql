-- mirror.custom_fields: values that no longer fit a field's type are counted, and their text is shown beside it.
ALTER TABLE mirror.custom_fields ADD COLUMN misfits bigint NOT NULL DEFAULT 0, ADD COLUMN source text NOT NULL DEFAULT '';
COMMENT ON COLUMN mirror.custom_fields.misfits IS 'Rows whose value does not read as the type the wide view shows: NULL there, kept as text in custom.';
COMMENT ON COLUMN mirror.custom_fields.source IS 'Key in custom when the column shows another field''s text; empty: its own name.';
