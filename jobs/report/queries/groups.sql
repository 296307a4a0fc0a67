-- How big are the groups?
-- ru: Сколько людей в группах?
-- ru: Выход виден только при сравнении состояний: «за всё время» считает тех, кого зеркало видело.
-- Leaving shows only by comparing states: members_ever counts what the mirror has seen.
-- answers: 19
-- group: access
-- of: groups
-- chart: bar group_name members
SELECT group_id, group_name, members, joined_in_30_days, left_in_30_days, members_ever FROM report.groups_now ORDER BY members DESC, group_id
