#!/usr/bin/env bash
# The load beside what people would write instead: tests/bench/load.sh [--rows N] [--rounds N] [--only NAME,...]; prints times, CPU, memory and the targets.
# A PostgreSQL of its own on disk, fsync on. The scripts take orjson where Python finds it (pip install --target DIR orjson; PYTHONPATH=DIR), else json.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
install_packages "${run_packages[@]}" libgtest-dev python3-psycopg2
build release tests/load_bench
place=$(mktemp -d /tmp/gcmirror-load-XXXXXX)
[ "$(id -u)" = 0 ] && chown postgres "$place"
bin=$(postgres_bin)
trap 'cd "$place" && as_postgres "$bin/pg_ctl" -D "$place/data" -m immediate -w stop >/dev/null; rm -rf "$place"' EXIT
(cd "$place"
 as_postgres "$bin/initdb" -D "$place/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
 as_postgres "$bin/pg_ctl" -D "$place/data" -l "$place/log" -w -o "-c listen_addresses='' -c unix_socket_directories='$place' -c autovacuum=off \
     -c shared_buffers=1GB -c max_wal_size=4GB" start >/dev/null)
export GCMIRROR_TEST_URL="postgresql:///postgres?host=$place&user=postgres"
nice -n "${NICE:-0}" /usr/bin/python3 tests/bench/load.py build/release/tests/load_bench "$@"
