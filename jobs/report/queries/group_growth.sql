-- How do groups grow and shrink?
-- ru: Как растут и убывают группы?
-- ru: Вступление по его дню, выход по дню, когда зеркало впервые увидело человека вне группы. Участников на конец: наибольшее за период.
-- Joining by its day, leaving by the day the mirror first saw the person outside. size: the largest in the period.
-- answers: 19
-- group: access
-- of: joins
-- days: report.groups_by_day day
-- chart: line period size group_name
-- gap: carry
-- sums: joined,left_group
SELECT :period(day) AS period, group_name, sum(joined) AS joined, sum(left_group) AS left_group, max(size) AS size
FROM report.groups_by_day WHERE :in_range(day) GROUP BY 1, group_id, group_name ORDER BY 1, group_name
