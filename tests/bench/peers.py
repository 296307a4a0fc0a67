"""What a person would write instead, for tests/bench/load.py: peers.py HOW URL RESOURCE BODY.json.gz
execute_values: what is found everywhere: pages of 1000, ON CONFLICT DO UPDATE, without a condition.
careful:        json, COPY to a temporary table, ON CONFLICT ... WHERE a column IS DISTINCT FROM.
clever:         orjson where it is installed, a hash per raw row beside the rows, only new and changed rows sent.
All fill typed columns, the rest as jsonb, with the key and indexes of the mirror; none keeps versions, rejects, bodies or an account."""
import datetime
import gzip
import hashlib
import json
import sys

import psycopg2
import psycopg2.extras

try:
    import orjson
except ImportError:
    orjson = None

KINDS = {  # heading -> type; the others are text, those between the fixed columns go into `custom`
    "deals": ({"ID заказа": "bigint", "ID пользователя": "bigint", "Дата создания": "timestamp", "Дата оплаты": "timestamp",
               "Стоимость, RUB": "numeric", "Оплачено": "numeric", "Комиссия платежной системы": "numeric", "Получено": "numeric", "Налог": "numeric",
               "Осталось после вычета комиссии платежной системы и налога": "numeric", "Другие комиссии": "numeric", "Заработано": "numeric"},
              ("Промоакция", "ID партнера заказа"), ("ID пользователя", "Дата создания", "Номер", "Статус")),
    "users": ({"id": "bigint", "Создан": "timestamp", "Последняя активность": "timestamp"}, ("От партнера", "Откуда пришел"), ("Email", "Создан", "Телефон")),
    "payments": ({"Номер": "bigint", "Дата создания": "timestamp", "Сумма": "numeric", "Комиссии": "numeric", "Получено": "numeric"}, None,
                 ("Заказ", "Дата создания", "Эл. почта")),
}


class Table:
    def __init__(self, resource, fields):
        kinds, custom, self.indexes = KINDS[resource]
        self.name, self.fields = "peer_" + resource, fields
        first, last = (fields.index(custom[0]) + 1, fields.index(custom[1])) if custom else (0, 0)
        self.typed = [i for i in range(len(fields)) if not first <= i < last]
        self.custom = [(i, fields[i]) for i in range(first, last)]
        self.kinds = [kinds.get(fields[i], "text") for i in self.typed]
        self.columns = [f"c{i}" for i in self.typed] + (["custom"] if self.custom else [])
        self.dump = (lambda value: orjson.dumps(value).decode()) if orjson else lambda value: json.dumps(value, ensure_ascii=False)

    def create(self, cursor, more=""):
        columns = [f"c{i} {kind}" + (" PRIMARY KEY" if n == 0 else "") for n, (i, kind) in enumerate(zip(self.typed, self.kinds))]
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({', '.join(columns)}{', custom jsonb' if self.custom else ''}{more})")
        for heading in self.indexes:
            i = self.fields.index(heading)
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {self.name}_{i} ON {self.name} (c{i})")

    def values(self, row):
        out = []
        for i, kind in zip(self.typed, self.kinds):
            cell = row[i]
            if cell == "" or cell is None:
                out.append(None)
            elif kind == "bigint":
                out.append(int(cell))
            elif kind == "numeric":
                out.append(cell.replace("\u00a0", "").replace(" ", "").replace("руб.", "").replace(",", "."))
            elif kind == "timestamp":
                out.append(datetime.datetime.fromisoformat(cell))
            else:
                out.append(cell if isinstance(cell, str) else self.dump(cell))
        if self.custom:
            out.append(self.dump({title: row[i] for i, title in self.custom if row[i]}))
        return out


def copy_text(value):
    if value is None:
        return "\\N"
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


class Lines:
    """A file of COPY lines for copy_expert, made while it is read."""

    def __init__(self, rows):
        self.rows, self.rest = rows, ""

    def read(self, size):
        parts, length = [self.rest], len(self.rest)
        while length < size:
            row = next(self.rows, None)
            if row is None:
                break
            line = "\t".join(map(copy_text, row)) + "\n"
            parts.append(line)
            length += len(line)
        text = "".join(parts)
        self.rest = text[size:]
        return text[:size]


def upsert(table, columns, condition):
    sets = ", ".join(f"{c} = EXCLUDED.{c}" for c in columns[1:])
    return f"INSERT INTO {table.name} AS t ({', '.join(columns)}) SELECT {', '.join(columns)} FROM stage ON CONFLICT (c0) DO UPDATE SET {sets} {condition}"


def execute_values(cursor, table, items):
    table.create(cursor)
    sets = ", ".join(f"{c} = EXCLUDED.{c}" for c in table.columns[1:])
    psycopg2.extras.execute_values(
        cursor, f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES %s ON CONFLICT (c0) DO UPDATE SET {sets}", map(table.values, items), page_size=1000)


def staged(cursor, table, columns, rows, condition):
    cursor.execute(f"CREATE TEMP TABLE stage (LIKE {table.name}) ON COMMIT DROP")
    cursor.copy_expert(f"COPY stage ({', '.join(columns)}) FROM STDIN", Lines(rows), 1 << 16)
    cursor.execute(upsert(table, columns, condition))


def careful(cursor, table, items):
    table.create(cursor)
    ours, theirs = (", ".join(f"{side}.{c}" for c in table.columns[1:]) for side in ("t", "EXCLUDED"))
    staged(cursor, table, table.columns, map(table.values, items), f"WHERE ({ours}) IS DISTINCT FROM ({theirs})")


def clever(cursor, table, items):
    table.create(cursor, ", row_hash bytea")
    cursor.execute(f"SELECT c0, row_hash FROM {table.name}")
    known = {key: bytes(value) for key, value in cursor}
    columns = [*table.columns, "row_hash"]
    dump = orjson.dumps if orjson else lambda row: json.dumps(row, ensure_ascii=False).encode()

    def changed():
        for row in items:
            digest = hashlib.blake2b(dump(row), digest_size=16).digest()
            if known.get(int(row[0])) != digest:
                yield [*table.values(row), "\\x" + digest.hex()]

    if known:
        staged(cursor, table, columns, changed(), "")
    else:
        cursor.copy_expert(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN", Lines(changed()), 1 << 16)


how, url, resource, path = sys.argv[1:5]
with gzip.open(path) as file:
    info = (orjson.loads if orjson and how == "clever" else json.loads)(file.read())["info"]
with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    {"execute_values": execute_values, "careful": careful, "clever": clever}[how](cursor, Table(resource, info["fields"]), info["items"])
