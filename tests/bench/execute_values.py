# What a user would write instead: the whole body by json.load, execute_values in pages of 1000, ON CONFLICT DO UPDATE. For load_bench.
import datetime
import json
import sys

import psycopg2
import psycopg2.extras

url, path = sys.argv[1:3]
with open(path, encoding="utf-8") as file:
    info = json.load(file)["info"]
fields, items = info["fields"], info["items"]
first_custom, last_custom = fields.index("Промоакция") + 1, fields.index("ID партнера заказа")
typed = [i for i in range(len(fields)) if not first_custom <= i < last_custom]
ids, money, dates, lists = {0, 2}, set(range(10, 18)), {6, 7}, {len(fields) - 2, len(fields) - 1}


def value(i, cell):
    if cell in ("", None):
        return None
    if i in ids:
        return int(cell)
    if i in money:
        return cell.replace("\u00a0", "").replace(",", ".")
    if i in dates:
        return datetime.datetime.strptime(cell, "%Y-%m-%d %H:%M:%S")
    return cell


def kind(i):
    return "bigint" if i in ids else "numeric(18,2)" if i in money else "timestamp" if i in dates else "text[]" if i in lists else "text"


columns = [f"c{i}" for i in typed] + ["custom"]
with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS python_deals (" + ", ".join(f"c{i} {kind(i)}" + (" PRIMARY KEY" if i == 0 else "") for i in typed) + ", custom jsonb)")
    for i in (2, 6, 1, 9):
        cursor.execute(f"CREATE INDEX IF NOT EXISTS python_deals_{i} ON python_deals (c{i})")
    rows = ([value(i, row[i]) for i in typed] + [json.dumps({fields[i]: row[i] for i in range(first_custom, last_custom) if row[i]}, ensure_ascii=False)] for row in items)
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO python_deals (" + ", ".join(columns) + ") VALUES %s ON CONFLICT (c0) DO UPDATE SET " + ", ".join(f"{c} = EXCLUDED.{c}" for c in columns[1:]),
        rows, page_size=1000)
