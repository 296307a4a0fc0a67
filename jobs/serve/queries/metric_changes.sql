-- help: Write-back: changes by state.
-- type: gauge
SELECT state, count(*)
FROM outbox.change
GROUP BY 1
ORDER BY 1
