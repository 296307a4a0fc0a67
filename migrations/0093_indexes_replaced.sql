-- Alone, since it locks the facts: no reader waits for the building of the indexes that stand in their place.
DROP INDEX IF EXISTS report.fact_orders_apart, report.fact_orders_no_money_on, report.fact_orders_no_paid_on, report.fact_payments_apart,
    report.fact_orders_buyer, report.fact_orders_money_on;
