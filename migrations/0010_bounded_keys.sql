-- Nothing from outside may be too long for an index: an order's number of 6000 letters stopped the
-- load for ever. A hash index holds four bytes of a text of any length and answers equality, which
-- is all that these are asked for.

DROP INDEX mirror.deals_number_idx;
CREATE INDEX deals_number_idx ON mirror.deals USING hash (number);
DROP INDEX mirror.payments_deal_number_idx;
CREATE INDEX payments_deal_number_idx ON mirror.payments USING hash (deal_number);

ALTER TABLE journal.mask DROP CONSTRAINT mask_pkey;
ALTER TABLE journal.mask ADD CONSTRAINT mask_plain EXCLUDE USING hash (plain WITH =);

DROP INDEX journal.alert_open;
CREATE UNIQUE INDEX alert_open ON journal.alert (code, md5(about)) WHERE recovered_at IS NULL;
