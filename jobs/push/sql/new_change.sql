-- Changes on their way into a plan.
CREATE TEMPORARY TABLE new_change (
    change_id bigint, row_no bigint, mode text, creates integer, pays boolean, wanted jsonb,
    object text, key text, email_key text, deal_number text, differences jsonb, document text, cost text)
ON COMMIT DROP
