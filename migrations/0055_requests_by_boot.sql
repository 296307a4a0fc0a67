-- Every permit asks which requests either witness may still call young: by the time of day or by the
-- time since the machine started. Without this it reads all requests that were ever kept.
CREATE INDEX request_boot ON journal.request (boot_id, (coalesce(answered_boot, sent_boot))) WHERE counts;
