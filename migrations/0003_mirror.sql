-- mirror and history: the tables of schema/, as schema::create_table derives them.
CREATE TABLE mirror."users" (
    "id" bigint NOT NULL,
    "email" text,
    "email_key" text,
    "registration_type" text,
    "created_at" timestamptz,
    "last_activity_at" timestamptz,
    "first_name" text,
    "last_name" text,
    "phone" text,
    "phone_key" text,
    "birth_date" date,
    "age" integer,
    "country" text,
    "city" text,
    "invited_by" text,
    "came_from" text,
    "utm_source" text,
    "utm_medium" text,
    "utm_campaign" text,
    "utm_term" text,
    "utm_content" text,
    "utm_group" text,
    "partner_id" text,
    "partner_email" text,
    "partner_name" text,
    "manager_name" text,
    "vk_id" text,
    "custom" jsonb NOT NULL DEFAULT '{}',
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE mirror."users" IS 'People of the school: everybody who ever registered.';
COMMENT ON COLUMN mirror."users"."id" IS 'Number of the user in GetCourse.';
COMMENT ON COLUMN mirror."users"."email" IS 'E-mail as written.';
COMMENT ON COLUMN mirror."users"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN mirror."users"."registration_type" IS 'How the person came into the base, in GetCourse''s words.';
COMMENT ON COLUMN mirror."users"."created_at" IS 'Registration.';
COMMENT ON COLUMN mirror."users"."last_activity_at" IS 'Last activity.';
COMMENT ON COLUMN mirror."users"."first_name" IS 'First name.';
COMMENT ON COLUMN mirror."users"."last_name" IS 'Last name.';
COMMENT ON COLUMN mirror."users"."phone" IS 'Phone as written.';
COMMENT ON COLUMN mirror."users"."phone_key" IS 'Phone for joining: digits, 8… of Russia as 7….';
COMMENT ON COLUMN mirror."users"."birth_date" IS 'Birth date.';
COMMENT ON COLUMN mirror."users"."age" IS 'Age as GetCourse counts it.';
COMMENT ON COLUMN mirror."users"."country" IS 'Country.';
COMMENT ON COLUMN mirror."users"."city" IS 'City (the built-in field).';
COMMENT ON COLUMN mirror."users"."invited_by" IS 'Partner who brought the person.';
COMMENT ON COLUMN mirror."users"."came_from" IS 'Page or source of the first visit.';
COMMENT ON COLUMN mirror."users"."utm_source" IS 'utm_source of the registration.';
COMMENT ON COLUMN mirror."users"."utm_medium" IS 'utm_medium of the registration.';
COMMENT ON COLUMN mirror."users"."utm_campaign" IS 'utm_campaign of the registration.';
COMMENT ON COLUMN mirror."users"."utm_term" IS 'utm_term of the registration.';
COMMENT ON COLUMN mirror."users"."utm_content" IS 'utm_content of the registration.';
COMMENT ON COLUMN mirror."users"."utm_group" IS 'utm_group of the registration.';
COMMENT ON COLUMN mirror."users"."partner_id" IS 'Number of the person''s partner.';
COMMENT ON COLUMN mirror."users"."partner_email" IS 'E-mail of the person''s partner.';
COMMENT ON COLUMN mirror."users"."partner_name" IS 'Name of the person''s partner.';
COMMENT ON COLUMN mirror."users"."manager_name" IS 'Personal manager.';
COMMENT ON COLUMN mirror."users"."vk_id" IS 'VK account.';
COMMENT ON COLUMN mirror."users"."custom" IS 'Custom fields by the names of mirror.custom_fields; only fields that are filled.';
COMMENT ON COLUMN mirror."users"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN mirror."users"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror."users"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror."users"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror."users"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
CREATE TABLE history."users" (
    "id" bigint NOT NULL,
    "email" text,
    "email_key" text,
    "registration_type" text,
    "created_at" timestamptz,
    "last_activity_at" timestamptz,
    "first_name" text,
    "last_name" text,
    "phone" text,
    "phone_key" text,
    "birth_date" date,
    "age" integer,
    "country" text,
    "city" text,
    "invited_by" text,
    "came_from" text,
    "utm_source" text,
    "utm_medium" text,
    "utm_campaign" text,
    "utm_term" text,
    "utm_content" text,
    "utm_group" text,
    "partner_id" text,
    "partner_email" text,
    "partner_name" text,
    "manager_name" text,
    "vk_id" text,
    "custom" jsonb NOT NULL DEFAULT '{}',
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    "valid_to" timestamptz NOT NULL,
    "closed_run_id" bigint NOT NULL
);
COMMENT ON TABLE history."users" IS 'People of the school: everybody who ever registered.';
COMMENT ON COLUMN history."users"."id" IS 'Number of the user in GetCourse.';
COMMENT ON COLUMN history."users"."email" IS 'E-mail as written.';
COMMENT ON COLUMN history."users"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN history."users"."registration_type" IS 'How the person came into the base, in GetCourse''s words.';
COMMENT ON COLUMN history."users"."created_at" IS 'Registration.';
COMMENT ON COLUMN history."users"."last_activity_at" IS 'Last activity.';
COMMENT ON COLUMN history."users"."first_name" IS 'First name.';
COMMENT ON COLUMN history."users"."last_name" IS 'Last name.';
COMMENT ON COLUMN history."users"."phone" IS 'Phone as written.';
COMMENT ON COLUMN history."users"."phone_key" IS 'Phone for joining: digits, 8… of Russia as 7….';
COMMENT ON COLUMN history."users"."birth_date" IS 'Birth date.';
COMMENT ON COLUMN history."users"."age" IS 'Age as GetCourse counts it.';
COMMENT ON COLUMN history."users"."country" IS 'Country.';
COMMENT ON COLUMN history."users"."city" IS 'City (the built-in field).';
COMMENT ON COLUMN history."users"."invited_by" IS 'Partner who brought the person.';
COMMENT ON COLUMN history."users"."came_from" IS 'Page or source of the first visit.';
COMMENT ON COLUMN history."users"."utm_source" IS 'utm_source of the registration.';
COMMENT ON COLUMN history."users"."utm_medium" IS 'utm_medium of the registration.';
COMMENT ON COLUMN history."users"."utm_campaign" IS 'utm_campaign of the registration.';
COMMENT ON COLUMN history."users"."utm_term" IS 'utm_term of the registration.';
COMMENT ON COLUMN history."users"."utm_content" IS 'utm_content of the registration.';
COMMENT ON COLUMN history."users"."utm_group" IS 'utm_group of the registration.';
COMMENT ON COLUMN history."users"."partner_id" IS 'Number of the person''s partner.';
COMMENT ON COLUMN history."users"."partner_email" IS 'E-mail of the person''s partner.';
COMMENT ON COLUMN history."users"."partner_name" IS 'Name of the person''s partner.';
COMMENT ON COLUMN history."users"."manager_name" IS 'Personal manager.';
COMMENT ON COLUMN history."users"."vk_id" IS 'VK account.';
COMMENT ON COLUMN history."users"."custom" IS 'Custom fields by the names of mirror.custom_fields; only fields that are filled.';
COMMENT ON COLUMN history."users"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN history."users"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN history."users"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN history."users"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN history."users"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
COMMENT ON TABLE history."users" IS 'Earlier versions of the rows of mirror.users.';
COMMENT ON COLUMN history."users"."valid_to" IS 'When the next version began.';
COMMENT ON COLUMN history."users"."closed_run_id" IS 'Run that brought the next version.';
CREATE INDEX ON history."users" ("id", valid_to);

CREATE TABLE mirror."groups" (
    "id" bigint NOT NULL,
    "name" text,
    "last_added_at" timestamptz,
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE mirror."groups" IS 'Groups of users.';
COMMENT ON COLUMN mirror."groups"."id" IS 'Number of the group in GetCourse.';
COMMENT ON COLUMN mirror."groups"."name" IS 'Name; not necessarily unique.';
COMMENT ON COLUMN mirror."groups"."last_added_at" IS 'When somebody was last added; NULL: never. Says nothing of leaving.';
COMMENT ON COLUMN mirror."groups"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN mirror."groups"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror."groups"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror."groups"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror."groups"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
CREATE TABLE history."groups" (
    "id" bigint NOT NULL,
    "name" text,
    "last_added_at" timestamptz,
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    "valid_to" timestamptz NOT NULL,
    "closed_run_id" bigint NOT NULL
);
COMMENT ON TABLE history."groups" IS 'Groups of users.';
COMMENT ON COLUMN history."groups"."id" IS 'Number of the group in GetCourse.';
COMMENT ON COLUMN history."groups"."name" IS 'Name; not necessarily unique.';
COMMENT ON COLUMN history."groups"."last_added_at" IS 'When somebody was last added; NULL: never. Says nothing of leaving.';
COMMENT ON COLUMN history."groups"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN history."groups"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN history."groups"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN history."groups"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN history."groups"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
COMMENT ON TABLE history."groups" IS 'Earlier versions of the rows of mirror.groups.';
COMMENT ON COLUMN history."groups"."valid_to" IS 'When the next version began.';
COMMENT ON COLUMN history."groups"."closed_run_id" IS 'Run that brought the next version.';
CREATE INDEX ON history."groups" ("id", valid_to);

CREATE TABLE mirror."memberships" (
    "user_id" bigint NOT NULL,
    "group_id" bigint NOT NULL,
    "joined_on" date,
    "joined_at" timestamptz,
    "left_seen_at" timestamptz,
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    PRIMARY KEY ("user_id", "group_id")
);
COMMENT ON TABLE mirror."memberships" IS 'Who is, or was, in which group.';
COMMENT ON COLUMN mirror."memberships"."user_id" IS 'The person (mirror.users.id).';
COMMENT ON COLUMN mirror."memberships"."group_id" IS 'The group (mirror.groups.id).';
COMMENT ON COLUMN mirror."memberships"."joined_on" IS 'Day of joining, in the account''s zone.';
COMMENT ON COLUMN mirror."memberships"."joined_at" IS 'Moment of joining, where an export of the group gave it.';
COMMENT ON COLUMN mirror."memberships"."left_seen_at" IS 'State of the data in which the person was first seen outside the group; NULL: a member.';
COMMENT ON COLUMN mirror."memberships"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN mirror."memberships"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror."memberships"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror."memberships"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror."memberships"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
CREATE TABLE history."memberships" (
    "user_id" bigint NOT NULL,
    "group_id" bigint NOT NULL,
    "joined_on" date,
    "joined_at" timestamptz,
    "left_seen_at" timestamptz,
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    "valid_to" timestamptz NOT NULL,
    "closed_run_id" bigint NOT NULL
);
COMMENT ON TABLE history."memberships" IS 'Who is, or was, in which group.';
COMMENT ON COLUMN history."memberships"."user_id" IS 'The person (mirror.users.id).';
COMMENT ON COLUMN history."memberships"."group_id" IS 'The group (mirror.groups.id).';
COMMENT ON COLUMN history."memberships"."joined_on" IS 'Day of joining, in the account''s zone.';
COMMENT ON COLUMN history."memberships"."joined_at" IS 'Moment of joining, where an export of the group gave it.';
COMMENT ON COLUMN history."memberships"."left_seen_at" IS 'State of the data in which the person was first seen outside the group; NULL: a member.';
COMMENT ON COLUMN history."memberships"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN history."memberships"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN history."memberships"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN history."memberships"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN history."memberships"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
COMMENT ON TABLE history."memberships" IS 'Earlier versions of the rows of mirror.memberships.';
COMMENT ON COLUMN history."memberships"."valid_to" IS 'When the next version began.';
COMMENT ON COLUMN history."memberships"."closed_run_id" IS 'Run that brought the next version.';
CREATE INDEX ON history."memberships" ("user_id", "group_id", valid_to);

CREATE TABLE mirror."deals" (
    "id" bigint NOT NULL,
    "number" text,
    "user_id" bigint,
    "user_name" text,
    "email" text,
    "email_key" text,
    "phone" text,
    "phone_key" text,
    "created_at" timestamptz,
    "paid_at" timestamptz,
    "content" text,
    "status" text,
    "status_code" text,
    "cost" numeric(18,2),
    "paid_amount" numeric(18,2),
    "payment_system_fee" numeric(18,2),
    "received" numeric(18,2),
    "tax" numeric(18,2),
    "after_fee_and_tax" numeric(18,2),
    "other_fees" numeric(18,2),
    "earned" numeric(18,2),
    "currency" text,
    "manager" text,
    "city" text,
    "payment_system" text,
    "partner_id" text,
    "promo_code" text,
    "promotion" text,
    "order_partner_id" text,
    "order_partner_email" text,
    "order_partner_name" text,
    "user_partner_id" text,
    "user_partner_email" text,
    "user_partner_name" text,
    "utm_source" text,
    "utm_medium" text,
    "utm_campaign" text,
    "utm_content" text,
    "utm_term" text,
    "utm_group" text,
    "partner_source" text,
    "partner_code" text,
    "session_partner" text,
    "user_utm_source" text,
    "user_utm_medium" text,
    "user_utm_campaign" text,
    "user_utm_content" text,
    "user_utm_term" text,
    "user_utm_group" text,
    "user_gcpc" text,
    "tags" text[],
    "offer_tags" text[],
    "paid_flag" text,
    "gcpc" text,
    "gcao" text,
    "referer" text,
    "user_gcao" text,
    "user_referer" text,
    "user_manager_name" text,
    "vk_id" text,
    "custom" jsonb NOT NULL DEFAULT '{}',
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE mirror."deals" IS 'Orders: one row per order, however many items or payments it has.';
COMMENT ON COLUMN mirror."deals"."id" IS 'Number of the order in GetCourse (ID заказа).';
COMMENT ON COLUMN mirror."deals"."number" IS 'Order number (Номер): text its creator chose; payments refer to it.';
COMMENT ON COLUMN mirror."deals"."user_id" IS 'Buyer (mirror.users.id).';
COMMENT ON COLUMN mirror."deals"."user_name" IS 'Buyer''s name as shown in the order.';
COMMENT ON COLUMN mirror."deals"."email" IS 'Buyer''s e-mail as written.';
COMMENT ON COLUMN mirror."deals"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN mirror."deals"."phone" IS 'Buyer''s phone as written.';
COMMENT ON COLUMN mirror."deals"."phone_key" IS 'Phone for joining: digits, 8… of Russia as 7….';
COMMENT ON COLUMN mirror."deals"."created_at" IS 'Creation; may be backdated by whoever entered the order.';
COMMENT ON COLUMN mirror."deals"."paid_at" IS 'Payment date; may be empty for paid orders and may precede the creation.';
COMMENT ON COLUMN mirror."deals"."content" IS 'What was ordered, one text for all items.';
COMMENT ON COLUMN mirror."deals"."status" IS 'Status label as exported; unknown labels are kept.';
COMMENT ON COLUMN mirror."deals"."status_code" IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN mirror."deals"."cost" IS 'Price of the order.';
COMMENT ON COLUMN mirror."deals"."paid_amount" IS 'Amount paid so far.';
COMMENT ON COLUMN mirror."deals"."payment_system_fee" IS 'Fee of the payment system.';
COMMENT ON COLUMN mirror."deals"."received" IS 'Paid less the payment system''s fee.';
COMMENT ON COLUMN mirror."deals"."tax" IS 'Tax.';
COMMENT ON COLUMN mirror."deals"."after_fee_and_tax" IS 'Received less tax.';
COMMENT ON COLUMN mirror."deals"."other_fees" IS 'Other fees, partners among them.';
COMMENT ON COLUMN mirror."deals"."earned" IS 'What remains to the school.';
COMMENT ON COLUMN mirror."deals"."currency" IS 'ISO code; the row''s own, else that of the heading of the cost.';
COMMENT ON COLUMN mirror."deals"."manager" IS 'Manager, maybe with a department behind a slash.';
COMMENT ON COLUMN mirror."deals"."city" IS 'City.';
COMMENT ON COLUMN mirror."deals"."payment_system" IS 'Payment system.';
COMMENT ON COLUMN mirror."deals"."partner_id" IS 'Partner (the fixed column before the custom fields).';
COMMENT ON COLUMN mirror."deals"."promo_code" IS 'Promo code used.';
COMMENT ON COLUMN mirror."deals"."promotion" IS 'Promotion.';
COMMENT ON COLUMN mirror."deals"."order_partner_id" IS 'Number of the order''s partner.';
COMMENT ON COLUMN mirror."deals"."order_partner_email" IS 'E-mail of the order''s partner.';
COMMENT ON COLUMN mirror."deals"."order_partner_name" IS 'Name of the order''s partner.';
COMMENT ON COLUMN mirror."deals"."user_partner_id" IS 'Number of the buyer''s partner.';
COMMENT ON COLUMN mirror."deals"."user_partner_email" IS 'E-mail of the buyer''s partner.';
COMMENT ON COLUMN mirror."deals"."user_partner_name" IS 'Name of the buyer''s partner.';
COMMENT ON COLUMN mirror."deals"."utm_source" IS 'utm_source of the order''s session.';
COMMENT ON COLUMN mirror."deals"."utm_medium" IS 'utm_medium of the order''s session.';
COMMENT ON COLUMN mirror."deals"."utm_campaign" IS 'utm_campaign of the order''s session.';
COMMENT ON COLUMN mirror."deals"."utm_content" IS 'utm_content of the order''s session.';
COMMENT ON COLUMN mirror."deals"."utm_term" IS 'utm_term of the order''s session.';
COMMENT ON COLUMN mirror."deals"."utm_group" IS 'utm_group of the order''s session.';
COMMENT ON COLUMN mirror."deals"."partner_source" IS 'Partner source.';
COMMENT ON COLUMN mirror."deals"."partner_code" IS 'Partner code.';
COMMENT ON COLUMN mirror."deals"."session_partner" IS 'Partner of the session.';
COMMENT ON COLUMN mirror."deals"."user_utm_source" IS 'utm_source of the buyer.';
COMMENT ON COLUMN mirror."deals"."user_utm_medium" IS 'utm_medium of the buyer.';
COMMENT ON COLUMN mirror."deals"."user_utm_campaign" IS 'utm_campaign of the buyer.';
COMMENT ON COLUMN mirror."deals"."user_utm_content" IS 'utm_content of the buyer.';
COMMENT ON COLUMN mirror."deals"."user_utm_term" IS 'utm_term of the buyer.';
COMMENT ON COLUMN mirror."deals"."user_utm_group" IS 'utm_group of the buyer.';
COMMENT ON COLUMN mirror."deals"."user_gcpc" IS 'Partner code of the buyer.';
COMMENT ON COLUMN mirror."deals"."tags" IS 'Tags of the order.';
COMMENT ON COLUMN mirror."deals"."offer_tags" IS 'Tags of the offers ordered.';
COMMENT ON COLUMN mirror."deals"."paid_flag" IS 'Paid flag (Да, Частично) that some accounts have beside the amount.';
COMMENT ON COLUMN mirror."deals"."gcpc" IS 'Partner code of the session, where exported.';
COMMENT ON COLUMN mirror."deals"."gcao" IS 'Advertising offer of the session, where exported.';
COMMENT ON COLUMN mirror."deals"."referer" IS 'Referring page, where exported.';
COMMENT ON COLUMN mirror."deals"."user_gcao" IS 'Advertising offer of the buyer, where exported.';
COMMENT ON COLUMN mirror."deals"."user_referer" IS 'Referring page of the buyer, where exported.';
COMMENT ON COLUMN mirror."deals"."user_manager_name" IS 'Buyer''s personal manager, where exported.';
COMMENT ON COLUMN mirror."deals"."vk_id" IS 'Buyer''s VK account, where exported.';
COMMENT ON COLUMN mirror."deals"."custom" IS 'Custom fields by the names of mirror.custom_fields; only fields that are filled.';
COMMENT ON COLUMN mirror."deals"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN mirror."deals"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror."deals"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror."deals"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror."deals"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
CREATE TABLE history."deals" (
    "id" bigint NOT NULL,
    "number" text,
    "user_id" bigint,
    "user_name" text,
    "email" text,
    "email_key" text,
    "phone" text,
    "phone_key" text,
    "created_at" timestamptz,
    "paid_at" timestamptz,
    "content" text,
    "status" text,
    "status_code" text,
    "cost" numeric(18,2),
    "paid_amount" numeric(18,2),
    "payment_system_fee" numeric(18,2),
    "received" numeric(18,2),
    "tax" numeric(18,2),
    "after_fee_and_tax" numeric(18,2),
    "other_fees" numeric(18,2),
    "earned" numeric(18,2),
    "currency" text,
    "manager" text,
    "city" text,
    "payment_system" text,
    "partner_id" text,
    "promo_code" text,
    "promotion" text,
    "order_partner_id" text,
    "order_partner_email" text,
    "order_partner_name" text,
    "user_partner_id" text,
    "user_partner_email" text,
    "user_partner_name" text,
    "utm_source" text,
    "utm_medium" text,
    "utm_campaign" text,
    "utm_content" text,
    "utm_term" text,
    "utm_group" text,
    "partner_source" text,
    "partner_code" text,
    "session_partner" text,
    "user_utm_source" text,
    "user_utm_medium" text,
    "user_utm_campaign" text,
    "user_utm_content" text,
    "user_utm_term" text,
    "user_utm_group" text,
    "user_gcpc" text,
    "tags" text[],
    "offer_tags" text[],
    "paid_flag" text,
    "gcpc" text,
    "gcao" text,
    "referer" text,
    "user_gcao" text,
    "user_referer" text,
    "user_manager_name" text,
    "vk_id" text,
    "custom" jsonb NOT NULL DEFAULT '{}',
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    "valid_to" timestamptz NOT NULL,
    "closed_run_id" bigint NOT NULL
);
COMMENT ON TABLE history."deals" IS 'Orders: one row per order, however many items or payments it has.';
COMMENT ON COLUMN history."deals"."id" IS 'Number of the order in GetCourse (ID заказа).';
COMMENT ON COLUMN history."deals"."number" IS 'Order number (Номер): text its creator chose; payments refer to it.';
COMMENT ON COLUMN history."deals"."user_id" IS 'Buyer (mirror.users.id).';
COMMENT ON COLUMN history."deals"."user_name" IS 'Buyer''s name as shown in the order.';
COMMENT ON COLUMN history."deals"."email" IS 'Buyer''s e-mail as written.';
COMMENT ON COLUMN history."deals"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN history."deals"."phone" IS 'Buyer''s phone as written.';
COMMENT ON COLUMN history."deals"."phone_key" IS 'Phone for joining: digits, 8… of Russia as 7….';
COMMENT ON COLUMN history."deals"."created_at" IS 'Creation; may be backdated by whoever entered the order.';
COMMENT ON COLUMN history."deals"."paid_at" IS 'Payment date; may be empty for paid orders and may precede the creation.';
COMMENT ON COLUMN history."deals"."content" IS 'What was ordered, one text for all items.';
COMMENT ON COLUMN history."deals"."status" IS 'Status label as exported; unknown labels are kept.';
COMMENT ON COLUMN history."deals"."status_code" IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN history."deals"."cost" IS 'Price of the order.';
COMMENT ON COLUMN history."deals"."paid_amount" IS 'Amount paid so far.';
COMMENT ON COLUMN history."deals"."payment_system_fee" IS 'Fee of the payment system.';
COMMENT ON COLUMN history."deals"."received" IS 'Paid less the payment system''s fee.';
COMMENT ON COLUMN history."deals"."tax" IS 'Tax.';
COMMENT ON COLUMN history."deals"."after_fee_and_tax" IS 'Received less tax.';
COMMENT ON COLUMN history."deals"."other_fees" IS 'Other fees, partners among them.';
COMMENT ON COLUMN history."deals"."earned" IS 'What remains to the school.';
COMMENT ON COLUMN history."deals"."currency" IS 'ISO code; the row''s own, else that of the heading of the cost.';
COMMENT ON COLUMN history."deals"."manager" IS 'Manager, maybe with a department behind a slash.';
COMMENT ON COLUMN history."deals"."city" IS 'City.';
COMMENT ON COLUMN history."deals"."payment_system" IS 'Payment system.';
COMMENT ON COLUMN history."deals"."partner_id" IS 'Partner (the fixed column before the custom fields).';
COMMENT ON COLUMN history."deals"."promo_code" IS 'Promo code used.';
COMMENT ON COLUMN history."deals"."promotion" IS 'Promotion.';
COMMENT ON COLUMN history."deals"."order_partner_id" IS 'Number of the order''s partner.';
COMMENT ON COLUMN history."deals"."order_partner_email" IS 'E-mail of the order''s partner.';
COMMENT ON COLUMN history."deals"."order_partner_name" IS 'Name of the order''s partner.';
COMMENT ON COLUMN history."deals"."user_partner_id" IS 'Number of the buyer''s partner.';
COMMENT ON COLUMN history."deals"."user_partner_email" IS 'E-mail of the buyer''s partner.';
COMMENT ON COLUMN history."deals"."user_partner_name" IS 'Name of the buyer''s partner.';
COMMENT ON COLUMN history."deals"."utm_source" IS 'utm_source of the order''s session.';
COMMENT ON COLUMN history."deals"."utm_medium" IS 'utm_medium of the order''s session.';
COMMENT ON COLUMN history."deals"."utm_campaign" IS 'utm_campaign of the order''s session.';
COMMENT ON COLUMN history."deals"."utm_content" IS 'utm_content of the order''s session.';
COMMENT ON COLUMN history."deals"."utm_term" IS 'utm_term of the order''s session.';
COMMENT ON COLUMN history."deals"."utm_group" IS 'utm_group of the order''s session.';
COMMENT ON COLUMN history."deals"."partner_source" IS 'Partner source.';
COMMENT ON COLUMN history."deals"."partner_code" IS 'Partner code.';
COMMENT ON COLUMN history."deals"."session_partner" IS 'Partner of the session.';
COMMENT ON COLUMN history."deals"."user_utm_source" IS 'utm_source of the buyer.';
COMMENT ON COLUMN history."deals"."user_utm_medium" IS 'utm_medium of the buyer.';
COMMENT ON COLUMN history."deals"."user_utm_campaign" IS 'utm_campaign of the buyer.';
COMMENT ON COLUMN history."deals"."user_utm_content" IS 'utm_content of the buyer.';
COMMENT ON COLUMN history."deals"."user_utm_term" IS 'utm_term of the buyer.';
COMMENT ON COLUMN history."deals"."user_utm_group" IS 'utm_group of the buyer.';
COMMENT ON COLUMN history."deals"."user_gcpc" IS 'Partner code of the buyer.';
COMMENT ON COLUMN history."deals"."tags" IS 'Tags of the order.';
COMMENT ON COLUMN history."deals"."offer_tags" IS 'Tags of the offers ordered.';
COMMENT ON COLUMN history."deals"."paid_flag" IS 'Paid flag (Да, Частично) that some accounts have beside the amount.';
COMMENT ON COLUMN history."deals"."gcpc" IS 'Partner code of the session, where exported.';
COMMENT ON COLUMN history."deals"."gcao" IS 'Advertising offer of the session, where exported.';
COMMENT ON COLUMN history."deals"."referer" IS 'Referring page, where exported.';
COMMENT ON COLUMN history."deals"."user_gcao" IS 'Advertising offer of the buyer, where exported.';
COMMENT ON COLUMN history."deals"."user_referer" IS 'Referring page of the buyer, where exported.';
COMMENT ON COLUMN history."deals"."user_manager_name" IS 'Buyer''s personal manager, where exported.';
COMMENT ON COLUMN history."deals"."vk_id" IS 'Buyer''s VK account, where exported.';
COMMENT ON COLUMN history."deals"."custom" IS 'Custom fields by the names of mirror.custom_fields; only fields that are filled.';
COMMENT ON COLUMN history."deals"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN history."deals"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN history."deals"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN history."deals"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN history."deals"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
COMMENT ON TABLE history."deals" IS 'Earlier versions of the rows of mirror.deals.';
COMMENT ON COLUMN history."deals"."valid_to" IS 'When the next version began.';
COMMENT ON COLUMN history."deals"."closed_run_id" IS 'Run that brought the next version.';
CREATE INDEX ON history."deals" ("id", valid_to);

CREATE TABLE mirror."payments" (
    "number" text NOT NULL,
    "user_name" text,
    "email" text,
    "email_key" text,
    "deal_number" text,
    "created_at" timestamptz,
    "type" text,
    "status" text,
    "status_code" text,
    "amount" numeric(18,2),
    "fee" numeric(18,2),
    "received" numeric(18,2),
    "currency" text,
    "payment_code" text,
    "title" text,
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    PRIMARY KEY ("number")
);
COMMENT ON TABLE mirror."payments" IS 'Payments, received or expected; joined to orders by the order''s number (see mirror.payments_linked).';
COMMENT ON COLUMN mirror."payments"."number" IS 'Number of the payment: the only key there is.';
COMMENT ON COLUMN mirror."payments"."user_name" IS 'Payer''s name.';
COMMENT ON COLUMN mirror."payments"."email" IS 'Payer''s e-mail of that time, as written.';
COMMENT ON COLUMN mirror."payments"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN mirror."payments"."deal_number" IS 'Number of the order (mirror.deals.number); NULL: payment without an order.';
COMMENT ON COLUMN mirror."payments"."created_at" IS 'Creation of the payment.';
COMMENT ON COLUMN mirror."payments"."type" IS 'Kind of payment, in GetCourse''s words.';
COMMENT ON COLUMN mirror."payments"."status" IS 'Status label as exported; unknown labels are kept.';
COMMENT ON COLUMN mirror."payments"."status_code" IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN mirror."payments"."amount" IS 'Amount.';
COMMENT ON COLUMN mirror."payments"."fee" IS 'Fees.';
COMMENT ON COLUMN mirror."payments"."received" IS 'Amount less fees.';
COMMENT ON COLUMN mirror."payments"."currency" IS 'Currency of the word behind the amount; NULL when there is none.';
COMMENT ON COLUMN mirror."payments"."payment_code" IS 'Code of the payment at the payment system.';
COMMENT ON COLUMN mirror."payments"."title" IS 'What was paid for.';
COMMENT ON COLUMN mirror."payments"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN mirror."payments"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror."payments"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror."payments"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror."payments"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
CREATE TABLE history."payments" (
    "number" text NOT NULL,
    "user_name" text,
    "email" text,
    "email_key" text,
    "deal_number" text,
    "created_at" timestamptz,
    "type" text,
    "status" text,
    "status_code" text,
    "amount" numeric(18,2),
    "fee" numeric(18,2),
    "received" numeric(18,2),
    "currency" text,
    "payment_code" text,
    "title" text,
    "row_hash" bigint NOT NULL,
    "run_id" bigint NOT NULL,
    "export_id" bigint NOT NULL,
    "valid_from" timestamptz NOT NULL,
    "missing_since" timestamptz,
    "valid_to" timestamptz NOT NULL,
    "closed_run_id" bigint NOT NULL
);
COMMENT ON TABLE history."payments" IS 'Payments, received or expected; joined to orders by the order''s number (see mirror.payments_linked).';
COMMENT ON COLUMN history."payments"."number" IS 'Number of the payment: the only key there is.';
COMMENT ON COLUMN history."payments"."user_name" IS 'Payer''s name.';
COMMENT ON COLUMN history."payments"."email" IS 'Payer''s e-mail of that time, as written.';
COMMENT ON COLUMN history."payments"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN history."payments"."deal_number" IS 'Number of the order (mirror.deals.number); NULL: payment without an order.';
COMMENT ON COLUMN history."payments"."created_at" IS 'Creation of the payment.';
COMMENT ON COLUMN history."payments"."type" IS 'Kind of payment, in GetCourse''s words.';
COMMENT ON COLUMN history."payments"."status" IS 'Status label as exported; unknown labels are kept.';
COMMENT ON COLUMN history."payments"."status_code" IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN history."payments"."amount" IS 'Amount.';
COMMENT ON COLUMN history."payments"."fee" IS 'Fees.';
COMMENT ON COLUMN history."payments"."received" IS 'Amount less fees.';
COMMENT ON COLUMN history."payments"."currency" IS 'Currency of the word behind the amount; NULL when there is none.';
COMMENT ON COLUMN history."payments"."payment_code" IS 'Code of the payment at the payment system.';
COMMENT ON COLUMN history."payments"."title" IS 'What was paid for.';
COMMENT ON COLUMN history."payments"."row_hash" IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN history."payments"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN history."payments"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN history."payments"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN history."payments"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
COMMENT ON TABLE history."payments" IS 'Earlier versions of the rows of mirror.payments.';
COMMENT ON COLUMN history."payments"."valid_to" IS 'When the next version began.';
COMMENT ON COLUMN history."payments"."closed_run_id" IS 'Run that brought the next version.';
CREATE INDEX ON history."payments" ("number", valid_to);

CREATE INDEX ON mirror.users (email_key);
CREATE INDEX ON mirror.users (created_at);
CREATE INDEX ON mirror.deals (user_id);
CREATE INDEX ON mirror.deals (created_at);
CREATE INDEX ON mirror.deals (number);
CREATE INDEX ON mirror.payments (deal_number);
CREATE INDEX ON mirror.payments (created_at);
CREATE INDEX ON mirror.memberships (group_id);

CREATE FUNCTION history."users_as_of"(moment timestamptz) RETURNS SETOF mirror."users" LANGUAGE sql STABLE AS $$
    SELECT v."id", v."email", v."email_key", v."registration_type", v."created_at", v."last_activity_at", v."first_name", v."last_name", v."phone", v."phone_key", v."birth_date", v."age", v."country", v."city", v."invited_by", v."came_from", v."utm_source", v."utm_medium", v."utm_campaign", v."utm_term", v."utm_content", v."utm_group", v."partner_id", v."partner_email", v."partner_name", v."manager_name", v."vk_id", v."custom", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM mirror."users" v WHERE v.valid_from <= moment
    UNION ALL
    SELECT v."id", v."email", v."email_key", v."registration_type", v."created_at", v."last_activity_at", v."first_name", v."last_name", v."phone", v."phone_key", v."birth_date", v."age", v."country", v."city", v."invited_by", v."came_from", v."utm_source", v."utm_medium", v."utm_campaign", v."utm_term", v."utm_content", v."utm_group", v."partner_id", v."partner_email", v."partner_name", v."manager_name", v."vk_id", v."custom", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM history."users" v WHERE v.valid_from <= moment AND v.valid_to > moment
$$;
COMMENT ON FUNCTION history."users_as_of"(timestamptz) IS 'mirror.users as it stood at that moment.';

CREATE FUNCTION history."groups_as_of"(moment timestamptz) RETURNS SETOF mirror."groups" LANGUAGE sql STABLE AS $$
    SELECT v."id", v."name", v."last_added_at", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM mirror."groups" v WHERE v.valid_from <= moment
    UNION ALL
    SELECT v."id", v."name", v."last_added_at", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM history."groups" v WHERE v.valid_from <= moment AND v.valid_to > moment
$$;
COMMENT ON FUNCTION history."groups_as_of"(timestamptz) IS 'mirror.groups as it stood at that moment.';

CREATE FUNCTION history."memberships_as_of"(moment timestamptz) RETURNS SETOF mirror."memberships" LANGUAGE sql STABLE AS $$
    SELECT v."user_id", v."group_id", v."joined_on", v."joined_at", v."left_seen_at", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM mirror."memberships" v WHERE v.valid_from <= moment
    UNION ALL
    SELECT v."user_id", v."group_id", v."joined_on", v."joined_at", v."left_seen_at", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM history."memberships" v WHERE v.valid_from <= moment AND v.valid_to > moment
$$;
COMMENT ON FUNCTION history."memberships_as_of"(timestamptz) IS 'mirror.memberships as it stood at that moment.';

CREATE FUNCTION history."deals_as_of"(moment timestamptz) RETURNS SETOF mirror."deals" LANGUAGE sql STABLE AS $$
    SELECT v."id", v."number", v."user_id", v."user_name", v."email", v."email_key", v."phone", v."phone_key", v."created_at", v."paid_at", v."content", v."status", v."status_code", v."cost", v."paid_amount", v."payment_system_fee", v."received", v."tax", v."after_fee_and_tax", v."other_fees", v."earned", v."currency", v."manager", v."city", v."payment_system", v."partner_id", v."promo_code", v."promotion", v."order_partner_id", v."order_partner_email", v."order_partner_name", v."user_partner_id", v."user_partner_email", v."user_partner_name", v."utm_source", v."utm_medium", v."utm_campaign", v."utm_content", v."utm_term", v."utm_group", v."partner_source", v."partner_code", v."session_partner", v."user_utm_source", v."user_utm_medium", v."user_utm_campaign", v."user_utm_content", v."user_utm_term", v."user_utm_group", v."user_gcpc", v."tags", v."offer_tags", v."paid_flag", v."gcpc", v."gcao", v."referer", v."user_gcao", v."user_referer", v."user_manager_name", v."vk_id", v."custom", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM mirror."deals" v WHERE v.valid_from <= moment
    UNION ALL
    SELECT v."id", v."number", v."user_id", v."user_name", v."email", v."email_key", v."phone", v."phone_key", v."created_at", v."paid_at", v."content", v."status", v."status_code", v."cost", v."paid_amount", v."payment_system_fee", v."received", v."tax", v."after_fee_and_tax", v."other_fees", v."earned", v."currency", v."manager", v."city", v."payment_system", v."partner_id", v."promo_code", v."promotion", v."order_partner_id", v."order_partner_email", v."order_partner_name", v."user_partner_id", v."user_partner_email", v."user_partner_name", v."utm_source", v."utm_medium", v."utm_campaign", v."utm_content", v."utm_term", v."utm_group", v."partner_source", v."partner_code", v."session_partner", v."user_utm_source", v."user_utm_medium", v."user_utm_campaign", v."user_utm_content", v."user_utm_term", v."user_utm_group", v."user_gcpc", v."tags", v."offer_tags", v."paid_flag", v."gcpc", v."gcao", v."referer", v."user_gcao", v."user_referer", v."user_manager_name", v."vk_id", v."custom", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM history."deals" v WHERE v.valid_from <= moment AND v.valid_to > moment
$$;
COMMENT ON FUNCTION history."deals_as_of"(timestamptz) IS 'mirror.deals as it stood at that moment.';

CREATE FUNCTION history."payments_as_of"(moment timestamptz) RETURNS SETOF mirror."payments" LANGUAGE sql STABLE AS $$
    SELECT v."number", v."user_name", v."email", v."email_key", v."deal_number", v."created_at", v."type", v."status", v."status_code", v."amount", v."fee", v."received", v."currency", v."payment_code", v."title", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM mirror."payments" v WHERE v.valid_from <= moment
    UNION ALL
    SELECT v."number", v."user_name", v."email", v."email_key", v."deal_number", v."created_at", v."type", v."status", v."status_code", v."amount", v."fee", v."received", v."currency", v."payment_code", v."title", v."row_hash", v."run_id", v."export_id", v."valid_from", v."missing_since" FROM history."payments" v WHERE v.valid_from <= moment AND v.valid_to > moment
$$;
COMMENT ON FUNCTION history."payments_as_of"(timestamptz) IS 'mirror.payments as it stood at that moment.';

CREATE OR REPLACE VIEW mirror."users_wide" AS SELECT t."id", t."email", t."email_key", t."registration_type", t."created_at", t."last_activity_at", t."first_name", t."last_name", t."phone", t."phone_key", t."birth_date", t."age", t."country", t."city", t."invited_by", t."came_from", t."utm_source", t."utm_medium", t."utm_campaign", t."utm_term", t."utm_content", t."utm_group", t."partner_id", t."partner_email", t."partner_name", t."manager_name", t."vk_id", t."run_id", t."export_id", t."valid_from", t."missing_since" FROM mirror."users" t;
COMMENT ON VIEW mirror."users_wide" IS 'People of the school: everybody who ever registered. With a column per custom field.';
COMMENT ON COLUMN mirror."users_wide"."id" IS 'Number of the user in GetCourse.';
COMMENT ON COLUMN mirror."users_wide"."email" IS 'E-mail as written.';
COMMENT ON COLUMN mirror."users_wide"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN mirror."users_wide"."registration_type" IS 'How the person came into the base, in GetCourse''s words.';
COMMENT ON COLUMN mirror."users_wide"."created_at" IS 'Registration.';
COMMENT ON COLUMN mirror."users_wide"."last_activity_at" IS 'Last activity.';
COMMENT ON COLUMN mirror."users_wide"."first_name" IS 'First name.';
COMMENT ON COLUMN mirror."users_wide"."last_name" IS 'Last name.';
COMMENT ON COLUMN mirror."users_wide"."phone" IS 'Phone as written.';
COMMENT ON COLUMN mirror."users_wide"."phone_key" IS 'Phone for joining: digits, 8… of Russia as 7….';
COMMENT ON COLUMN mirror."users_wide"."birth_date" IS 'Birth date.';
COMMENT ON COLUMN mirror."users_wide"."age" IS 'Age as GetCourse counts it.';
COMMENT ON COLUMN mirror."users_wide"."country" IS 'Country.';
COMMENT ON COLUMN mirror."users_wide"."city" IS 'City (the built-in field).';
COMMENT ON COLUMN mirror."users_wide"."invited_by" IS 'Partner who brought the person.';
COMMENT ON COLUMN mirror."users_wide"."came_from" IS 'Page or source of the first visit.';
COMMENT ON COLUMN mirror."users_wide"."utm_source" IS 'utm_source of the registration.';
COMMENT ON COLUMN mirror."users_wide"."utm_medium" IS 'utm_medium of the registration.';
COMMENT ON COLUMN mirror."users_wide"."utm_campaign" IS 'utm_campaign of the registration.';
COMMENT ON COLUMN mirror."users_wide"."utm_term" IS 'utm_term of the registration.';
COMMENT ON COLUMN mirror."users_wide"."utm_content" IS 'utm_content of the registration.';
COMMENT ON COLUMN mirror."users_wide"."utm_group" IS 'utm_group of the registration.';
COMMENT ON COLUMN mirror."users_wide"."partner_id" IS 'Number of the person''s partner.';
COMMENT ON COLUMN mirror."users_wide"."partner_email" IS 'E-mail of the person''s partner.';
COMMENT ON COLUMN mirror."users_wide"."partner_name" IS 'Name of the person''s partner.';
COMMENT ON COLUMN mirror."users_wide"."manager_name" IS 'Personal manager.';
COMMENT ON COLUMN mirror."users_wide"."vk_id" IS 'VK account.';
COMMENT ON COLUMN mirror."users_wide"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror."users_wide"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror."users_wide"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror."users_wide"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';

CREATE OR REPLACE VIEW mirror."deals_wide" AS SELECT t."id", t."number", t."user_id", t."user_name", t."email", t."email_key", t."phone", t."phone_key", t."created_at", t."paid_at", t."content", t."status", t."status_code", t."cost", t."paid_amount", t."payment_system_fee", t."received", t."tax", t."after_fee_and_tax", t."other_fees", t."earned", t."currency", t."manager", t."city", t."payment_system", t."partner_id", t."promo_code", t."promotion", t."order_partner_id", t."order_partner_email", t."order_partner_name", t."user_partner_id", t."user_partner_email", t."user_partner_name", t."utm_source", t."utm_medium", t."utm_campaign", t."utm_content", t."utm_term", t."utm_group", t."partner_source", t."partner_code", t."session_partner", t."user_utm_source", t."user_utm_medium", t."user_utm_campaign", t."user_utm_content", t."user_utm_term", t."user_utm_group", t."user_gcpc", t."tags", t."offer_tags", t."paid_flag", t."gcpc", t."gcao", t."referer", t."user_gcao", t."user_referer", t."user_manager_name", t."vk_id", t."run_id", t."export_id", t."valid_from", t."missing_since" FROM mirror."deals" t;
COMMENT ON VIEW mirror."deals_wide" IS 'Orders: one row per order, however many items or payments it has. With a column per custom field.';
COMMENT ON COLUMN mirror."deals_wide"."id" IS 'Number of the order in GetCourse (ID заказа).';
COMMENT ON COLUMN mirror."deals_wide"."number" IS 'Order number (Номер): text its creator chose; payments refer to it.';
COMMENT ON COLUMN mirror."deals_wide"."user_id" IS 'Buyer (mirror.users.id).';
COMMENT ON COLUMN mirror."deals_wide"."user_name" IS 'Buyer''s name as shown in the order.';
COMMENT ON COLUMN mirror."deals_wide"."email" IS 'Buyer''s e-mail as written.';
COMMENT ON COLUMN mirror."deals_wide"."email_key" IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN mirror."deals_wide"."phone" IS 'Buyer''s phone as written.';
COMMENT ON COLUMN mirror."deals_wide"."phone_key" IS 'Phone for joining: digits, 8… of Russia as 7….';
COMMENT ON COLUMN mirror."deals_wide"."created_at" IS 'Creation; may be backdated by whoever entered the order.';
COMMENT ON COLUMN mirror."deals_wide"."paid_at" IS 'Payment date; may be empty for paid orders and may precede the creation.';
COMMENT ON COLUMN mirror."deals_wide"."content" IS 'What was ordered, one text for all items.';
COMMENT ON COLUMN mirror."deals_wide"."status" IS 'Status label as exported; unknown labels are kept.';
COMMENT ON COLUMN mirror."deals_wide"."status_code" IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN mirror."deals_wide"."cost" IS 'Price of the order.';
COMMENT ON COLUMN mirror."deals_wide"."paid_amount" IS 'Amount paid so far.';
COMMENT ON COLUMN mirror."deals_wide"."payment_system_fee" IS 'Fee of the payment system.';
COMMENT ON COLUMN mirror."deals_wide"."received" IS 'Paid less the payment system''s fee.';
COMMENT ON COLUMN mirror."deals_wide"."tax" IS 'Tax.';
COMMENT ON COLUMN mirror."deals_wide"."after_fee_and_tax" IS 'Received less tax.';
COMMENT ON COLUMN mirror."deals_wide"."other_fees" IS 'Other fees, partners among them.';
COMMENT ON COLUMN mirror."deals_wide"."earned" IS 'What remains to the school.';
COMMENT ON COLUMN mirror."deals_wide"."currency" IS 'ISO code; the row''s own, else that of the heading of the cost.';
COMMENT ON COLUMN mirror."deals_wide"."manager" IS 'Manager, maybe with a department behind a slash.';
COMMENT ON COLUMN mirror."deals_wide"."city" IS 'City.';
COMMENT ON COLUMN mirror."deals_wide"."payment_system" IS 'Payment system.';
COMMENT ON COLUMN mirror."deals_wide"."partner_id" IS 'Partner (the fixed column before the custom fields).';
COMMENT ON COLUMN mirror."deals_wide"."promo_code" IS 'Promo code used.';
COMMENT ON COLUMN mirror."deals_wide"."promotion" IS 'Promotion.';
COMMENT ON COLUMN mirror."deals_wide"."order_partner_id" IS 'Number of the order''s partner.';
COMMENT ON COLUMN mirror."deals_wide"."order_partner_email" IS 'E-mail of the order''s partner.';
COMMENT ON COLUMN mirror."deals_wide"."order_partner_name" IS 'Name of the order''s partner.';
COMMENT ON COLUMN mirror."deals_wide"."user_partner_id" IS 'Number of the buyer''s partner.';
COMMENT ON COLUMN mirror."deals_wide"."user_partner_email" IS 'E-mail of the buyer''s partner.';
COMMENT ON COLUMN mirror."deals_wide"."user_partner_name" IS 'Name of the buyer''s partner.';
COMMENT ON COLUMN mirror."deals_wide"."utm_source" IS 'utm_source of the order''s session.';
COMMENT ON COLUMN mirror."deals_wide"."utm_medium" IS 'utm_medium of the order''s session.';
COMMENT ON COLUMN mirror."deals_wide"."utm_campaign" IS 'utm_campaign of the order''s session.';
COMMENT ON COLUMN mirror."deals_wide"."utm_content" IS 'utm_content of the order''s session.';
COMMENT ON COLUMN mirror."deals_wide"."utm_term" IS 'utm_term of the order''s session.';
COMMENT ON COLUMN mirror."deals_wide"."utm_group" IS 'utm_group of the order''s session.';
COMMENT ON COLUMN mirror."deals_wide"."partner_source" IS 'Partner source.';
COMMENT ON COLUMN mirror."deals_wide"."partner_code" IS 'Partner code.';
COMMENT ON COLUMN mirror."deals_wide"."session_partner" IS 'Partner of the session.';
COMMENT ON COLUMN mirror."deals_wide"."user_utm_source" IS 'utm_source of the buyer.';
COMMENT ON COLUMN mirror."deals_wide"."user_utm_medium" IS 'utm_medium of the buyer.';
COMMENT ON COLUMN mirror."deals_wide"."user_utm_campaign" IS 'utm_campaign of the buyer.';
COMMENT ON COLUMN mirror."deals_wide"."user_utm_content" IS 'utm_content of the buyer.';
COMMENT ON COLUMN mirror."deals_wide"."user_utm_term" IS 'utm_term of the buyer.';
COMMENT ON COLUMN mirror."deals_wide"."user_utm_group" IS 'utm_group of the buyer.';
COMMENT ON COLUMN mirror."deals_wide"."user_gcpc" IS 'Partner code of the buyer.';
COMMENT ON COLUMN mirror."deals_wide"."tags" IS 'Tags of the order.';
COMMENT ON COLUMN mirror."deals_wide"."offer_tags" IS 'Tags of the offers ordered.';
COMMENT ON COLUMN mirror."deals_wide"."paid_flag" IS 'Paid flag (Да, Частично) that some accounts have beside the amount.';
COMMENT ON COLUMN mirror."deals_wide"."gcpc" IS 'Partner code of the session, where exported.';
COMMENT ON COLUMN mirror."deals_wide"."gcao" IS 'Advertising offer of the session, where exported.';
COMMENT ON COLUMN mirror."deals_wide"."referer" IS 'Referring page, where exported.';
COMMENT ON COLUMN mirror."deals_wide"."user_gcao" IS 'Advertising offer of the buyer, where exported.';
COMMENT ON COLUMN mirror."deals_wide"."user_referer" IS 'Referring page of the buyer, where exported.';
COMMENT ON COLUMN mirror."deals_wide"."user_manager_name" IS 'Buyer''s personal manager, where exported.';
COMMENT ON COLUMN mirror."deals_wide"."vk_id" IS 'Buyer''s VK account, where exported.';
COMMENT ON COLUMN mirror."deals_wide"."run_id" IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror."deals_wide"."export_id" IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror."deals_wide"."valid_from" IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror."deals_wide"."missing_since" IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';

CREATE VIEW mirror.payments_linked AS
SELECT p.*, d.id AS deal_id, coalesce(d.user_id, u.id) AS user_id,
       CASE WHEN d.user_id IS NOT NULL THEN 'deal' WHEN u.id IS NOT NULL THEN 'email' END AS user_matched_by
FROM mirror.payments p
LEFT JOIN LATERAL (SELECT o.id, o.user_id FROM mirror.deals o WHERE o.number = p.deal_number ORDER BY o.id DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT x.id FROM mirror.users x WHERE x.email_key = p.email_key AND d.user_id IS NULL ORDER BY x.id LIMIT 1) u ON true;
COMMENT ON VIEW mirror.payments_linked IS 'Payments with their order and payer: joined by the order number, then by the order''s user; by e-mail only as a last resort, and marked so.';
COMMENT ON COLUMN mirror.payments_linked.deal_id IS 'Order with that number; the newest when a number repeats; NULL: none (yet).';
COMMENT ON COLUMN mirror.payments_linked.user_id IS 'Payer.';
COMMENT ON COLUMN mirror.payments_linked.user_matched_by IS 'deal: through the order; email: by the e-mail alone, less sure; NULL: not found.';
COMMENT ON COLUMN mirror.payments_linked.number IS 'Number of the payment: the only key there is.';
COMMENT ON COLUMN mirror.payments_linked.user_name IS 'Payer''s name.';
COMMENT ON COLUMN mirror.payments_linked.email IS 'Payer''s e-mail of that time, as written.';
COMMENT ON COLUMN mirror.payments_linked.email_key IS 'E-mail for joining: trimmed, lower case.';
COMMENT ON COLUMN mirror.payments_linked.deal_number IS 'Number of the order (mirror.deals.number); NULL: payment without an order.';
COMMENT ON COLUMN mirror.payments_linked.created_at IS 'Creation of the payment.';
COMMENT ON COLUMN mirror.payments_linked.type IS 'Kind of payment, in GetCourse''s words.';
COMMENT ON COLUMN mirror.payments_linked.status IS 'Status label as exported; unknown labels are kept.';
COMMENT ON COLUMN mirror.payments_linked.status_code IS 'Code of the status; NULL when the label is not known.';
COMMENT ON COLUMN mirror.payments_linked.amount IS 'Amount.';
COMMENT ON COLUMN mirror.payments_linked.fee IS 'Fees.';
COMMENT ON COLUMN mirror.payments_linked.received IS 'Amount less fees.';
COMMENT ON COLUMN mirror.payments_linked.currency IS 'Currency of the word behind the amount; NULL when there is none.';
COMMENT ON COLUMN mirror.payments_linked.payment_code IS 'Code of the payment at the payment system.';
COMMENT ON COLUMN mirror.payments_linked.title IS 'What was paid for.';
COMMENT ON COLUMN mirror.payments_linked.row_hash IS 'Hash of the row as received: unchanged rows are recognised by it.';
COMMENT ON COLUMN mirror.payments_linked.run_id IS 'Run that wrote this version (journal.run).';
COMMENT ON COLUMN mirror.payments_linked.export_id IS 'Export whose body holds this version (journal.export).';
COMMENT ON COLUMN mirror.payments_linked.valid_from IS 'State of the data: when the service began the export that brought this version.';
COMMENT ON COLUMN mirror.payments_linked.missing_since IS 'Not seen since: two complete windows that must hold the row lacked it; NULL: present.';
