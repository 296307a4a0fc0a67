-- Rows known by their bytes (etl/raw_rows): what the bytes of a row were read as, so that the same bytes need no reading.
CREATE TABLE journal.raw_row (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    reading bigint NOT NULL,
    run_id bigint NOT NULL,
    export_id bigint NOT NULL,
    rows integer NOT NULL,
    entries bytea NOT NULL
);
-- hashes do not compress
ALTER TABLE journal.raw_row ALTER COLUMN entries SET STORAGE EXTERNAL;
CREATE INDEX raw_row_table ON journal.raw_row (table_name, id);
COMMENT ON TABLE journal.raw_row IS 'What the bytes of rows were read as: a memory that spares reading the same bytes again. Nothing is lost with it: rows that are not in it are read.';
COMMENT ON COLUMN journal.raw_row.id IS 'Order of writing: of two entries for a row the later one counts.';
COMMENT ON COLUMN journal.raw_row.table_name IS 'Table in mirror.';
COMMENT ON COLUMN journal.raw_row.reading IS 'Hash of all that the meaning of bytes depends on: headings, columns, fields, zone, version of the reading.';
COMMENT ON COLUMN journal.raw_row.run_id IS 'Run that wrote it (journal.run).';
COMMENT ON COLUMN journal.raw_row.export_id IS 'Export whose body held the bytes (journal.export).';
COMMENT ON COLUMN journal.raw_row.rows IS 'How many rows the entries speak of.';
COMMENT ON COLUMN journal.raw_row.entries IS 'Hash of the key and mark of the bytes, 8 bytes each, one row after the other; the mark counts only while the row has the row_hash it was made with.';
