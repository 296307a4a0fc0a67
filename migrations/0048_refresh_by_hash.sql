-- report: facts are joined by hash and without remembering: nearly every row of a first load is met once, and a sort of all of them, or a memory of values
-- that never come again, costs more than the joining. For the loader alone; readers keep the planner as it is.
ALTER FUNCTION report.refresh_facts(bigint) SET enable_mergejoin = off;
ALTER FUNCTION report.refresh_facts(bigint) SET enable_memoize = off;
