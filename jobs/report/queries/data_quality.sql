-- Can these reports be trusted?
-- ru: Можно ли верить этим отчётам?
-- What is missing or doubtful in the whole mirror, as counts.
-- answers: 29
-- of: checks
-- as-of: no
SELECT check_name, found, of_total, round(100.0 * found / nullif(of_total, 0), 1) AS percent, meaning FROM report.data_quality
