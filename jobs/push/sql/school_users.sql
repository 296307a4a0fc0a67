-- People by e-mail for joining ($1), those still in the exports first.
SELECT u.email_key, u.id, u.missing_since IS NOT NULL,
       jsonb_strip_nulls(jsonb_build_object(
           'first_name', u.first_name, 'last_name', u.last_name, 'phone', u.phone,
           'city', u.city, 'country', u.country,
           'utm_source', u.utm_source, 'utm_medium', u.utm_medium, 'utm_content', u.utm_content,
           'utm_campaign', u.utm_campaign, 'utm_group', u.utm_group))::text,
       (SELECT coalesce(jsonb_object_agg(e.name, e.value), '{}')
        FROM jsonb_each_text(u.custom) AS e (name, value))::text,
       ARRAY(SELECT g.name
             FROM mirror.memberships m
             JOIN mirror.groups g ON g.id = m.group_id
             WHERE m.user_id = u.id AND m.left_seen_at IS NULL AND g.name IS NOT NULL)::text
FROM mirror.users u
WHERE u.email_key = ANY ($1::text[])
ORDER BY u.missing_since IS NOT NULL, u.id
