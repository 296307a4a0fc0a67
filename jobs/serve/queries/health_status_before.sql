-- Whether a certificate of the 400 runs before run $1 holds label $3 of table $2. Asked for labels
-- without a code alone: it opens every account of that time.
SELECT EXISTS (
    SELECT FROM journal.certificate c
    WHERE c.run_id > $1::bigint - 400 AND c.run_id < $1::bigint AND c.table_name = $2
      AND c.money @> jsonb_build_object(
          'body', jsonb_build_array(jsonb_build_object('status', $3::text))))
