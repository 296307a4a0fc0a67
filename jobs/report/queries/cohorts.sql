-- Do buyers come back?
-- ru: Возвращаются ли покупатели?
-- Cohort: month of the first paid order over the whole history; the range chooses cohorts. ltv: paid amount per buyer of the cohort so far.
-- answers: 15
-- of: paid orders
-- chart: line month_no retention_percent cohort
-- rows: report.paid_orders money_on
SELECT cohort, currency, month_no, cohort_buyers, active_buyers, round(100.0 * active_buyers / cohort_buyers, 1) AS retention_percent, orders, paid_amount,
       round(sum(paid_amount) OVER (PARTITION BY cohort, currency ORDER BY month_no) / cohort_buyers, 2) AS ltv
FROM report.cohorts WHERE :in_range(cohort) ORDER BY cohort, currency, month_no
