-- The same versions in partitions: what writing a night, and dropping one whose first states stay, cost there.
CREATE TABLE parted (LIKE history.deals) PARTITION BY RANGE (valid_to);
CREATE TABLE parted_older PARTITION OF parted FOR VALUES FROM (MINVALUE) TO ('2024-02-20 12:00Z');
CREATE TABLE parted_newer PARTITION OF parted FOR VALUES FROM ('2024-02-20 12:00Z') TO (MAXVALUE);
CREATE TABLE parted_first (LIKE history.deals);
CREATE INDEX ON parted (id, valid_to);
CREATE INDEX ON parted_first (id, valid_to);
INSERT INTO parted SELECT * FROM history.deals;
ANALYZE parted;
