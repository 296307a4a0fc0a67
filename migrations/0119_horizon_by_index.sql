-- history.held is asked once per row where as_of stands in a join: by the index, not by reading a line per night and table.
CREATE INDEX ON journal.history_dropped (table_name, valid_from);
CREATE INDEX ON journal.history_dropped (table_name, valid_to);
