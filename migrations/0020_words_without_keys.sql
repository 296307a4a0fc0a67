-- What older versions stored as the service had said it: keys in addresses, control characters.
UPDATE journal.run
SET reason = regexp_replace(regexp_replace(reason, '(^|[^[:alnum:]_])key=[^&[:space:]"'']+', '\1key=***', 'g'), '[[:cntrl:]]', ' ', 'g')
WHERE reason ~ '(^|[^[:alnum:]_])key=[^*&[:space:]"'']|[[:cntrl:]]';
UPDATE journal.export
SET reason = regexp_replace(regexp_replace(reason, '(^|[^[:alnum:]_])key=[^&[:space:]"'']+', '\1key=***', 'g'), '[[:cntrl:]]', ' ', 'g')
WHERE reason ~ '(^|[^[:alnum:]_])key=[^*&[:space:]"'']|[[:cntrl:]]';
UPDATE journal.request
SET message = regexp_replace(regexp_replace(message, '(^|[^[:alnum:]_])key=[^&[:space:]"'']+', '\1key=***', 'g'), '[[:cntrl:]]', ' ', 'g')
WHERE message ~ '(^|[^[:alnum:]_])key=[^*&[:space:]"'']|[[:cntrl:]]';
UPDATE journal.alert
SET text_en = regexp_replace(regexp_replace(text_en, '(^|[^[:alnum:]_])key=[^&[:space:]"'']+', '\1key=***', 'g'), '[[:cntrl:]]', ' ', 'g'),
    text_ru = regexp_replace(regexp_replace(text_ru, '(^|[^[:alnum:]_])key=[^&[:space:]"'']+', '\1key=***', 'g'), '[[:cntrl:]]', ' ', 'g')
WHERE text_en || ' ' || text_ru ~ '(^|[^[:alnum:]_])key=[^*&[:space:]"'']|[[:cntrl:]]';
