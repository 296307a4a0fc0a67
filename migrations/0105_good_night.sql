-- journal.delivery: the morning's figures after a good night, kept with their text, so that a retry sends what was true then; one a day and channel, whatever restarts.
ALTER TABLE journal.delivery DROP CONSTRAINT delivery_kind_check;
ALTER TABLE journal.delivery ADD CONSTRAINT delivery_kind_check CHECK (kind IN ('raised', 'recovered', 'success', 'good_night'));
ALTER TABLE journal.delivery ADD COLUMN day date, ADD COLUMN text text NOT NULL DEFAULT '';
COMMENT ON COLUMN journal.delivery.alert_id IS 'Alert it tells of; NULL: the ping of a heartbeat monitor, or the morning after a night that succeeded.';
COMMENT ON COLUMN journal.delivery.kind IS 'raised, recovered, success, good_night.';
COMMENT ON COLUMN journal.delivery.day IS 'The day in the school''s zone whose morning it is; NULL: of other kinds.';
COMMENT ON COLUMN journal.delivery.text IS 'What is said, where it is no alert''s.';
CREATE UNIQUE INDEX delivery_good_night ON journal.delivery (channel, day) WHERE kind = 'good_night';
