"""Twelve charts through Superset's REST API, each compared figure by figure with SQL; superset.sh runs it."""
import json
import os
import sys
from datetime import datetime, timezone
from decimal import Decimal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg2

from superset.app import create_app

MONEY = "coalesce(sum({}), 0)"
# name, schema, table or None, SQL of a virtual dataset, groups, time column and grain, metric, the same over mirror.* with zone as :zone
CHARTS = [
    ("orders by day, created_at::timestamp", "mirror", "deals", [], ("created_at::timestamp", "P1D"), "count(*)",
     "SELECT (created_at AT TIME ZONE %(zone)s)::date, count(*) FROM mirror.deals GROUP BY 1"),
    ("orders by month of created_at", "mirror", "deals", [], ("created_at", "P1M"), MONEY.format("paid_amount"),
     "SELECT date_trunc('month', created_at AT TIME ZONE %(zone)s)::date, coalesce(sum(paid_amount), 0) FROM mirror.deals GROUP BY 1"),
    ("payments by day, created_at::timestamp", "mirror", "payments", ["status"], ("created_at::timestamp", "P1D"), MONEY.format("amount"),
     "SELECT (created_at AT TIME ZONE %(zone)s)::date, status, coalesce(sum(amount), 0) FROM mirror.payments GROUP BY 1, 2"),
    ("people by week of registration", "mirror", "users", [], ("created_at", "P1W"), "count(*)",
     "SELECT date_trunc('week', created_at AT TIME ZONE %(zone)s)::date, count(*) FROM mirror.users GROUP BY 1"),
    ("net by day", "report", "revenue_by_day", ["day", "currency"], None, "sum(net)",
     "SELECT (p.created_at AT TIME ZONE %(zone)s)::date::text, coalesce(nullif(p.currency, ''), d.currency, '?'), "
     "sum(CASE p.status_code WHEN 'accepted' THEN p.amount ELSE -abs(p.amount) END) FROM mirror.payments p "
     "LEFT JOIN (SELECT DISTINCT ON (number) number, nullif(currency, '') AS currency, status_code FROM mirror.deals ORDER BY number, id DESC) d ON d.number = p.deal_number "
     "WHERE p.status_code IN ('accepted', 'returned') AND d.status_code IS DISTINCT FROM 'false' GROUP BY 1, 2"),
    ("orders of products", "report", "sales_by_product", ["product"], None, "sum(orders)",
     "SELECT coalesce(nullif(btrim(content), ''), '(no title)'), count(*) FROM mirror.deals WHERE status_code IS DISTINCT FROM 'false' "
     "AND NOT (coalesce(cost, 0) = 0 AND coalesce(paid_amount, 0) = 0) GROUP BY 1"),
    ("orders of managers", "report", "orders", ["manager"], None, "count(*)",
     "SELECT coalesce(nullif(btrim(split_part(manager, ' / ', 1)), ''), '(none)'), count(*) FROM mirror.deals GROUP BY 1"),
    ("orders of channels", "report", "orders", ["utm_source", "utm_medium"], None, MONEY.format("paid_amount"),
     "SELECT coalesce(utm_source, ''), coalesce(utm_medium, ''), coalesce(sum(paid_amount), 0) FROM mirror.deals GROUP BY 1, 2"),
    ("debts", "report", "debts", ["currency"], None, "sum(owed)",
     "SELECT coalesce(nullif(currency, ''), '?'), sum(cost - paid_amount) FROM mirror.deals WHERE paid_amount > 0 AND paid_amount < cost "
     "AND coalesce(status_code, '') NOT IN ('cancelled', 'false', 'waiting_for_return') GROUP BY 1"),
    ("tags", "report", "order_tags", ["tag"], None, "count(*)",
     "SELECT t.tag, count(*) FROM mirror.deals d, unnest(d.tags) t(tag) GROUP BY 1"),
    ("buyers", "report", "buyers", ["currency"], None, "count(DISTINCT user_id)",
     "SELECT coalesce(nullif(currency, ''), '?'), count(DISTINCT user_id) FROM mirror.deals WHERE paid_amount > 0 AND status_code IS DISTINCT FROM 'false' GROUP BY 1"),
    ("orders by weekday, of the joined model", "report", None, ["created_on_weekday"], None, "count(*)",
     "SELECT extract(isodow FROM created_at AT TIME ZONE %(zone)s)::int, count(*) FROM mirror.deals GROUP BY 1"),
]


def call(client, method, path, token, body=None):
    answer = client.open(path, method=method, json=body, headers={"Authorization": "Bearer " + token})
    if answer.status_code >= 300:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)[:600]}")
    return answer.get_json()


def day(value, zone):
    """The day that a bucket of the time axis stands for. Superset sends moments as they are and draws them in UTC: a bucket of created_at
    begins at midnight of the account and is drawn under the evening before; created_at::timestamp is drawn as the account's clock shows it."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value / 1000, zone).date().isoformat()
    return str(value)[:10]


def figures(rows):
    out = {}
    for *keys, figure in rows:
        out[tuple(str(key) for key in keys)] = Decimal(str(figure)).quantize(Decimal("0.01"))
    return out


def main():
    with psycopg2.connect("") as owner, owner.cursor() as sql:
        sql.execute("SELECT time_zone FROM report.settings")
        zone = sql.fetchone()[0]
        sql.execute("SET timezone = 'Pacific/Kiritimati'")  # so that no figure below leans on a session
        expected = {}
        for name, *_, query in CHARTS:
            sql.execute(query, {"zone": zone})
            expected[name] = figures([[None if key is None else key for key in row] for row in sql.fetchall()])
    with open(os.path.join(os.path.dirname(__file__), "..", "relations", "joined_models.sql"), encoding="utf-8") as file:
        joined = file.read().split(";")[0]
    app = create_app()
    wrong = 0
    client = app.test_client()  # outside a context: else every request would be that of the first one's user
    login = client.post("/api/v1/security/login", json={"username": "admin", "password": os.environ["SUPERSET_ADMIN"], "provider": "db", "refresh": True})
    token = login.get_json()["access_token"]
    host = os.environ.get("PGHOST", "/run/postgresql")
    uri = (f"postgresql+psycopg2://{os.environ['SUPERSET_LOGIN']}:{os.environ['SUPERSET_PASSWORD']}@/{quote(os.environ['PGDATABASE'])}"
           f"?host={quote(host, safe='')}&port={os.environ.get('PGPORT', '5432')}")
    database = call(client, "POST", "/api/v1/database/", token, {"database_name": "school", "sqlalchemy_uri": uri, "expose_in_sqllab": True})["id"]
    datasets = {}
    for name, schema, table, groups, time, metric, _ in CHARTS:
        key = (schema, table or name)
        if key not in datasets:
            body = {"database": database, "schema": schema, "table_name": table or name}
            if table is None:
                body["sql"] = joined
            datasets[key] = call(client, "POST", "/api/v1/dataset/", token, body)["id"]
        columns = list(groups)
        if time:
            columns.insert(0, {"columnType": "BASE_AXIS", "sqlExpression": time[0], "label": time[0], "expressionType": "SQL", "timeGrain": time[1]})
        query = {"columns": columns, "metrics": [{"expressionType": "SQL", "sqlExpression": metric, "label": "figure"}], "row_limit": 1000000, "filters": [], "extras": {}}
        context = {"datasource": {"id": datasets[key], "type": "table"}, "queries": [query], "force": True, "result_format": "json", "result_type": "full"}
        chart = call(client, "POST", "/api/v1/chart/", token, {
            "slice_name": name, "viz_type": "table", "datasource_id": datasets[key], "datasource_type": "table",
            "params": json.dumps({"viz_type": "table", "query_mode": "aggregate"}), "query_context": json.dumps({**context, "form_data": {"slice_id": None}})})["id"]
        result = call(client, "GET", f"/api/v1/chart/{chart}/data/?force=true", token)["result"][0]
        if result.get("error"):
            sys.exit(f"{name}: {result['error']}")
        names = ([time[0]] if time else []) + groups
        rows = [[day(row[n], ZoneInfo(zone) if time and time[0] == "created_at" else timezone.utc) if (time and n == time[0]) or n == "day" else row[n] for n in names] + [row["figure"]] for row in result["data"]]
        drawn = figures(rows)
        lacks = {k: v for k, v in expected[name].items() if v != 0 or k in drawn}
        drawn = {k: v for k, v in drawn.items() if v != 0 or k in lacks}
        differing = [k for k in set(lacks) | set(drawn) if lacks.get(k) != drawn.get(k)]
        wrong += bool(differing) or not drawn
        print(f"{name}: {len(drawn)} figures, {'right' if drawn and not differing else 'WRONG'}"
              + "".join(f"\n  {k}: chart {drawn.get(k)}, SQL {lacks.get(k)}" for k in sorted(differing)[:5]), flush=True)
    print(f"{len(CHARTS)} charts, {len(CHARTS) - wrong} right")
    return 1 if wrong else 0


sys.exit(main())
