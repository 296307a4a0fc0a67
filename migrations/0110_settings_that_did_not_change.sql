-- A statement trigger fires for no row at all: each night's "UPDATE settings … WHERE time_zone <> …"
-- had all facts written anew. What a row says decides now.
DROP TRIGGER mark_stale ON report.settings;
CREATE TRIGGER mark_stale AFTER UPDATE OF time_zone, part_payed_is_won ON report.settings
    FOR EACH ROW WHEN ((old.time_zone, old.part_payed_is_won) IS DISTINCT FROM (new.time_zone, new.part_payed_is_won))
    EXECUTE FUNCTION report.mark_stale();

DROP TRIGGER mark_stale ON report.exclusions;
CREATE TRIGGER mark_stale AFTER INSERT OR DELETE ON report.exclusions
    FOR EACH ROW EXECUTE FUNCTION report.mark_stale();
CREATE TRIGGER mark_stale_changed AFTER UPDATE ON report.exclusions
    FOR EACH ROW WHEN (old IS DISTINCT FROM new) EXECUTE FUNCTION report.mark_stale();
CREATE TRIGGER mark_stale_truncated AFTER TRUNCATE ON report.exclusions
    FOR EACH STATEMENT EXECUTE FUNCTION report.mark_stale();
