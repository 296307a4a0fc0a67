-- Which database this is, and by what its texts are sorted: remote sorts may be merged only where these are equal.
SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || d.oid,
       pg_encoding_to_char(d.encoding) || ' ' ||
       CASE WHEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') <> 'i' AND d.datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') THEN 'C'
            ELSE concat_ws(' ', coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale', d.datcollate), to_jsonb(d) ->> 'datcollversion') END,
       current_database()
FROM pg_database d WHERE d.datname = current_database()
