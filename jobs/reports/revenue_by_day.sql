-- How much money came in per day?
-- received: payments with status accepted, by the day the payment was created; returned: payments with status returned, likewise.
-- net: received less returned. Top-ups of and charges to the balance are not counted, so that no money counts twice.
-- orders_paid: amount paid of orders by their payment date, for comparison; orders without a payment date are not in it.
-- Days are those of the account's zone; currencies are never added together; unknown currency is shown as ?.
WITH payment AS (
    SELECT (created_at AT TIME ZONE $1)::date AS day, coalesce(currency, '?') AS currency,
           sum(amount) FILTER (WHERE status_code = 'accepted') AS received,
           sum(amount) FILTER (WHERE status_code = 'returned') AS returned,
           count(*) FILTER (WHERE status_code = 'accepted') AS payments
    FROM mirror.payments
    WHERE status_code IN ('accepted', 'returned') AND missing_since IS NULL
    GROUP BY 1, 2
), paid_order AS (
    SELECT (paid_at AT TIME ZONE $1)::date AS day, coalesce(currency, '?') AS currency, sum(paid_amount) AS orders_paid
    FROM mirror.deals
    WHERE paid_at IS NOT NULL AND paid_amount > 0 AND missing_since IS NULL
    GROUP BY 1, 2
)
SELECT day, currency, coalesce(payments, 0) AS payments, coalesce(received, 0.00) AS received, coalesce(returned, 0.00) AS returned,
       coalesce(received, 0.00) - coalesce(returned, 0.00) AS net, coalesce(orders_paid, 0.00) AS orders_paid
FROM payment
FULL JOIN paid_order USING (day, currency)
WHERE (day IS NULL OR (day >= coalesce($2::date, '-infinity') AND day <= coalesce($3::date, 'infinity')))
ORDER BY day, currency
