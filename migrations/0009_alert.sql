-- journal.alert: what people were told, once each, and whether it is over; its deliveries with their retries.
CREATE TABLE journal.alert (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code         text NOT NULL,
    about        text NOT NULL DEFAULT '',
    level        text NOT NULL CHECK (level IN ('amber', 'red', 'event')),
    text_en      text NOT NULL,
    text_ru      text NOT NULL,
    raised_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    recovered_at timestamptz
);
COMMENT ON TABLE journal.alert IS 'Conditions that people were told of. One row from the first sight to the recovery, however often it is seen.';
COMMENT ON COLUMN journal.alert.id IS 'Number of the alert.';
COMMENT ON COLUMN journal.alert.code IS 'failed, partial, late, missed, amber, stale, never, unbalanced, empty, foreign_budget, unclear_changes, new_field, new_status, test.';
COMMENT ON COLUMN journal.alert.about IS 'Table or field it is about; with the code it tells alerts apart.';
COMMENT ON COLUMN journal.alert.level IS 'amber, red; event: told once, no state that could recover.';
COMMENT ON COLUMN journal.alert.text_en IS 'The sentence in English.';
COMMENT ON COLUMN journal.alert.text_ru IS 'The sentence in Russian.';
COMMENT ON COLUMN journal.alert.raised_at IS 'When it was seen first.';
COMMENT ON COLUMN journal.alert.recovered_at IS 'When it was seen to be over; NULL: it stands.';
CREATE UNIQUE INDEX alert_open ON journal.alert (code, about) WHERE recovered_at IS NULL;

CREATE TABLE journal.delivery (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id   bigint REFERENCES journal.alert,
    kind       text NOT NULL CHECK (kind IN ('raised', 'recovered', 'success')),
    channel    text NOT NULL CHECK (channel IN ('webhook', 'telegram', 'mail', 'dead_man')),
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts   integer NOT NULL DEFAULT 0,
    next_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at    timestamptz,
    given_up   boolean NOT NULL DEFAULT false,
    message    text NOT NULL DEFAULT ''
);
COMMENT ON TABLE journal.delivery IS 'One message to one channel, retried until it arrives or is given up.';
COMMENT ON COLUMN journal.delivery.id IS 'Number of the delivery.';
COMMENT ON COLUMN journal.delivery.alert_id IS 'Alert it tells of; NULL: the dead-man ping of a night that succeeded.';
COMMENT ON COLUMN journal.delivery.kind IS 'raised, recovered, success.';
COMMENT ON COLUMN journal.delivery.channel IS 'webhook, telegram, mail, dead_man.';
COMMENT ON COLUMN journal.delivery.made_at IS 'When it was decided.';
COMMENT ON COLUMN journal.delivery.attempts IS 'Attempts so far.';
COMMENT ON COLUMN journal.delivery.next_at IS 'Not before this.';
COMMENT ON COLUMN journal.delivery.sent_at IS 'When it arrived; NULL: not yet.';
COMMENT ON COLUMN journal.delivery.given_up IS 'Whether all attempts are used up.';
COMMENT ON COLUMN journal.delivery.message IS 'Why the last attempt failed.';
CREATE INDEX delivery_open ON journal.delivery (next_at) WHERE sent_at IS NULL AND NOT given_up;
COMMENT ON COLUMN journal.expected_run.state IS 'expected, started, done, amber (with rejects), postponed, failed, stopped, skipped (another sync was running, or somebody stopped it on the dashboard), missed (nobody was there in time), died (the service ended under it).';
