-- help: Answered requests of the ledger, by kind and answer.
-- type: counter
SELECT kind, answer, count(*) AS n
FROM journal.request
WHERE answer <> ''
GROUP BY 1, 2
ORDER BY 1, 2
