-- mirror: safe casts that a parallel worker may run. An exception block opens a subtransaction, which PostgreSQL refuses there: every question over
-- a date-typed custom field failed once it was planned in parallel.
CREATE OR REPLACE FUNCTION mirror.as_date(value text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE
        WHEN value ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' THEN
            CASE WHEN value ~ '^(0000|.....(02-3|(0[469]|11)-31))' THEN NULL
                 WHEN value ~ '^.....02-29' AND value !~ '^(..([02468][48]|[2468]0|[13579][26])|([02468][048]|[13579][26])00)' THEN NULL
                 ELSE make_date(substr(value, 1, 4)::integer, substr(value, 6, 2)::integer, substr(value, 9, 2)::integer) END
        WHEN value ~ '^(0[1-9]|[12][0-9]|3[01])[.](0[1-9]|1[0-2])[.][0-9]{4}' THEN
            CASE WHEN value ~ '^(......0000|3.[.]02|31[.](0[469]|11))' THEN NULL
                 WHEN value ~ '^29[.]02' AND value !~ '^......(..([02468][48]|[2468]0|[13579][26])|([02468][048]|[13579][26])00)' THEN NULL
                 ELSE make_date(substr(value, 7, 4)::integer, substr(value, 4, 2)::integer, substr(value, 1, 2)::integer) END
    END
$$;
COMMENT ON FUNCTION mirror.as_date(text) IS 'YYYY-MM-DD or DD.MM.YYYY as a date; anything else is NULL.';
-- A number of more digits than numeric holds is an error, not a value: as long as a number may be written is enough.
CREATE OR REPLACE FUNCTION mirror.as_numeric(value text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN replace(translate(value, E' \u00a0\u202f\u2009''', ''), ',', '.') ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,50})?$'
                THEN replace(translate(value, E' \u00a0\u202f\u2009''', ''), ',', '.')::numeric END
$$;
COMMENT ON FUNCTION mirror.as_numeric(text) IS 'A plain or Russian-written number; anything else is NULL.';
