-- As of when the numbers are; whether they are to be trusted is the judgement's word (jobs/serve/health).
SELECT to_char(c.as_of AT TIME ZONE c.zone, 'YYYY-MM-DD HH24:MI') AS as_of, c.zone, c.today, c.today - 1 AS day FROM report.clock c
