-- The account of a run is looked up by pages and metrics: not by reading all accounts.
CREATE INDEX certificate_run ON journal.certificate (run_id);
