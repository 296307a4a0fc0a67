#!/usr/bin/env bash
# Builds twelve charts in Superset on a mirror as a login that did not exist before, through Superset's REST API, and compares every figure
# with SQL over mirror.* that knows nothing of sessions: PGHOST=… PGUSER=OWNER PGDATABASE=… superset.sh
# Superset (6.1) comes from PyPI into SUPERSET_HOME, outside the tree, about 1.5 GB. Ends with 1 when a figure differs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${SUPERSET_HOME:-$HOME/.cache/gcmirror-superset}
if [ ! -x "$home/bin/superset" ]; then
    python3 -m venv "$home"
    "$home/bin/pip" install -q "apache-superset==6.1.*" psycopg2-binary rich cachetools "flask-caching==2.3.*"
fi
state=$(mktemp -d)
trap 'psql -qX -v login="$login" -f "$here/superset/drop_login.sql" >/dev/null || true; rm -rf "$state"' EXIT
login=superset_$$
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
psql -qAtX -v ON_ERROR_STOP=1 -v login="$login" -v password="$password" -f "$here/superset/make_login.sql"
export SUPERSET_CONFIG_PATH=$here/superset/superset_config.py SUPERSET_STATE=$state SUPERSET_LOGIN=$login SUPERSET_PASSWORD=$password FLASK_APP=superset PYTHONWARNINGS=ignore
admin=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export SUPERSET_ADMIN=$admin
"$home/bin/superset" db upgrade >"$state/log" 2>&1 || { tail -20 "$state/log" >&2; exit 1; }
"$home/bin/superset" fab create-admin --username admin --firstname a --lastname a --email a@example.org --password "$admin" >>"$state/log" 2>&1
"$home/bin/superset" init >>"$state/log" 2>&1
"$home/bin/python" "$here/superset/charts.py" 2>>"$state/log" || { tail -20 "$state/log" >&2; exit 1; }
