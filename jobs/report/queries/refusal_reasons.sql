-- Why do people refuse?
-- ru: Почему отказываются?
-- Cancelled and false orders by the custom field that refusal_field of report.settings names. By creation of the order.
-- answers: 28
-- of: cancelled or false orders
-- wants: settings.refusal_field UPDATE report.settings SET refusal_field = 'prichina_otkaza'
-- chart: bar refusal_reason orders currency
-- rows: report.orders created_on
SELECT refusal_reason, currency, sum(orders) AS orders, sum(cost) AS cost FROM report.refusal_reasons WHERE :in_range(day) GROUP BY refusal_reason, currency ORDER BY sum(orders) DESC, refusal_reason, currency
