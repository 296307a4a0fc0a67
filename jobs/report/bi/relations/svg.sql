-- Makes relations.svg: a box a table with the columns that join, the many to the left of the one.
WITH RECURSIVE r AS (
    SELECT from_schema || '.' || from_table AS a, from_column AS ac, to_schema || '.' || to_table AS b, to_column AS bc, role FROM mirror.relations
), walk AS (
    SELECT a AS t, 0 AS depth FROM r UNION SELECT r.b, w.depth + 1 FROM walk w JOIN r ON r.a = w.t WHERE w.depth < 9
), columns AS (
    SELECT t, c, row_number() OVER (PARTITION BY t ORDER BY key DESC, c) AS n FROM (SELECT t, c, bool_or(key) AS key FROM (SELECT a AS t, ac AS c, false AS key FROM r UNION ALL SELECT b, bc, true FROM r) x GROUP BY t, c) y
), sized AS (
    SELECT t, max(depth) AS depth, 30 + 18 * (SELECT count(*) FROM columns c WHERE c.t = walk.t) AS height FROM walk GROUP BY t
), box AS (
    SELECT t, height, 20 + depth * 270 AS x, 20 + sum(height + 24) OVER (PARTITION BY depth ORDER BY t) - height - 24 AS y FROM sized
), field AS (
    SELECT c.t, c.c, b.x, b.y + 24 + 18 * c.n AS y FROM columns c JOIN box b USING (t)
)
SELECT format('<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" font-family="sans-serif" font-size="13"><title>How the tables of gcmirror join, many to one</title>', max(x) + 230, max(y + height) + 20) ||
       (SELECT string_agg(format(E'\n<path d="M%s %sC%s %s %s %s %s %s" fill="none" stroke="#789"><title>%s.%s is %s.%s: %s</title></path>', f.x + 210, f.y - 5, f.x + 250, f.y - 5, g.x - 40, g.y - 5, g.x, g.y - 5, r.a, r.ac, r.b, r.bc, r.role), '' ORDER BY r.a, r.ac, r.b)
        FROM r JOIN field f ON (f.t, f.c) = (r.a, r.ac) JOIN field g ON (g.t, g.c) = (r.b, r.bc)) ||
       string_agg(format(E'\n<rect x="%s" y="%s" width="210" height="%s" rx="4" fill="#fff" stroke="#345"/><text x="%s" y="%s" font-weight="bold">%s</text>', x, y, height, x + 8, y + 20, t) ||
                  (SELECT string_agg(format('<text x="%s" y="%s">%s</text>', f.x + 16, f.y, f.c), '' ORDER BY f.y) FROM field f WHERE f.t = box.t), '' ORDER BY x, y) || E'\n</svg>'
FROM box
