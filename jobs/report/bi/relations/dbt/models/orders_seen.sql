{{ config(materialized='incremental', unique_key='order_id') }}
-- Follows report.orders by its counter: also what a rollback made older again is read.
select order_id, user_id, created_on, product, currency, paid_amount, counted, set_apart, changed_seq
from {{ source('report', 'orders') }}
{% if is_incremental() %}where changed_seq > (select coalesce(max(changed_seq), 0) from {{ this }}){% endif %}
