-- Who is in the base twice?
-- ru: Кто есть в базе дважды?
-- People sharing the digits of a phone number.
-- answers: 29
-- of: people sharing a phone
SELECT phone, people, email, user_ids FROM report.duplicate_people ORDER BY people DESC, phone
