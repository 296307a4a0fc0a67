-- How many people reached lesson N, and where do they stop?
-- ru: Сколько людей дошло до урока N и где останавливаются?
-- ru: По группам, названия которых подходят под lesson_pattern из report.settings (Урок NN); уроков GetCourse не выгружает.
-- From groups whose name fits lesson_pattern of report.settings (Урок NN); GetCourse exports no lessons.
-- answers: 22
-- group: access
-- of: lesson groups
-- chart: funnel group_name people
SELECT lesson_no, group_name, people, round(100.0 * people / nullif(first_value(people) OVER (ORDER BY lesson_no), 0), 1) AS percent_of_first, stopped_here
FROM report.lesson_funnel ORDER BY lesson_no
