#!/usr/bin/env bash
# Writes the generated files of this folder from a migrated database: make.sh postgresql://…
set -euo pipefail
cd "$(dirname "$0")"
: "${1:?address of a mirror}"
make() { psql -qAtX -v ON_ERROR_STOP=1 -f "$2" "$1" >"$3"; }
make "$1" dbt_sources.sql dbt/models/sources.yml
make "$1" svg.sql relations.svg
make "$1" joined.sql joined_models.sql
