-- What the refresh found, for people.
SELECT school, state, cardinality(things) AS tables, to_char(as_of AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI') AS as_of, zone, reason FROM fleet.schools ORDER BY school
