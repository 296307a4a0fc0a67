#!/usr/bin/env bash
# Runs dbt's generated tests, freshness and the sample model on a mirror, as a reader: PGHOST=… PGUSER=LOGIN PGDATABASE=… dbt.sh
# dbt (1.10) comes from PyPI into DBT_HOME, outside the tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${DBT_HOME:-$HOME/.cache/gcmirror-dbt}
if [ ! -x "$home/bin/dbt" ]; then
    python3 -m venv "$home"
    "$home/bin/pip" install -q "dbt-core==1.10.*" "dbt-postgres==1.9.*"
fi
export DBT_PROFILES_DIR=$here/dbt DBT_PROJECT_DIR=$here/dbt DBT_TARGET_PATH=$home/target DBT_LOG_PATH=$home/logs DBT_SEND_ANONYMOUS_USAGE_STATS=false
"$home/bin/dbt" source freshness
"$home/bin/dbt" run
"$home/bin/dbt" run   # once more: the incremental way
"$home/bin/dbt" test
