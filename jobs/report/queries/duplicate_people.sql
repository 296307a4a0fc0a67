-- Who is in the base twice?
-- ru: Кто есть в базе дважды?
-- ru: Люди с одинаковыми цифрами телефона.
-- People sharing the digits of a phone number.
-- answers: 29
-- group: people
-- of: people sharing a phone
SELECT phone, people, email, user_ids FROM report.duplicate_people ORDER BY people DESC, phone
