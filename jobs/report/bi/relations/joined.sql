-- Makes joined_models.sql: a fact with its dimensions, for tools that join nothing themselves (Superset: virtual dataset; Metabase: model).
SELECT string_agg(format(E'-- %s with what it joins\nSELECT f.*%s\nFROM report.%I f%s;', fact, columns, fact, joins), E'\n' ORDER BY fact)
FROM (
    SELECT r.from_table AS fact,
           string_agg((SELECT string_agg(format(', d%s.%I AS %I', n, a.attname, r.role_word || '_' || a.attname), '' ORDER BY a.attnum) FROM pg_attribute a
                       WHERE a.attrelid = ('report.' || r.to_table)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> r.to_column
                         AND a.attname = ANY ('{week,month,quarter,year,weekday,registered_on,country,city,age_band,first_order_on}')), '' ORDER BY n) AS columns,
           string_agg(format(E'\nLEFT JOIN report.%I d%s ON d%2$s.%I = f.%I', r.to_table, n, r.to_column, r.from_column), '' ORDER BY n) AS joins
    FROM (SELECT *, row_number() OVER (PARTITION BY from_table ORDER BY to_table, from_column) AS n, CASE to_table WHEN 'people' THEN 'person' WHEN 'dim_date' THEN from_column ELSE substr(to_table, 5) END AS role_word
          FROM mirror.relations WHERE from_schema = 'report' AND from_table IN ('orders', 'payments') AND to_table IN ('people', 'dim_date', 'dim_product', 'dim_manager')) r
    GROUP BY r.from_table
) x
