-- Can these reports be trusted?
-- ru: Можно ли верить этим отчётам?
-- ru: Чего во всём зеркале не хватает или что вызывает сомнение, числом.
-- What is missing or doubtful in the whole mirror, as counts.
-- answers: 29
-- group: quality
-- of: checks
-- as-of: no
SELECT check_name, found, of_total, round(100.0 * found / nullif(of_total, 0), 1) AS percent, meaning FROM report.data_quality
