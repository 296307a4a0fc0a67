-- Orders by number ($1), those still in the exports first.
SELECT d.number, d.id, d.missing_since IS NOT NULL,
       jsonb_strip_nulls(jsonb_build_object(
           'email_key', d.email_key, 'content', d.content, 'status_code', d.status_code,
           'cost', d.cost::text, 'currency', d.currency,
           'created_at', to_char(d.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'order_partner_email', d.order_partner_email,
           'utm_source', d.utm_source, 'utm_medium', d.utm_medium, 'utm_content', d.utm_content,
           'utm_campaign', d.utm_campaign, 'utm_group', d.utm_group))::text,
       (SELECT coalesce(jsonb_object_agg(e.name, e.value), '{}')
        FROM jsonb_each_text(d.custom) AS e (name, value))::text
FROM mirror.deals d
WHERE d.number = ANY ($1::text[])
ORDER BY d.missing_since IS NOT NULL, d.id
