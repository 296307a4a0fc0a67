#!/usr/bin/env bash
# Time of every report and the planner's cost, on a school of USERS and DEALS (default 100000 and 200000); medians of three. Private, goes away again.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
install_packages "${run_packages[@]}"
build release gcmirror
gcmirror=$PWD/build/release/gcmirror
dir=$(mktemp -d /tmp/gcmirror-reports-XXXXXX)
start_test_postgres
export GCMIRROR_CONFIG=/dev/null GCMIRROR_DATABASE_URL=$GCMIRROR_TEST_URL GCMIRROR_PACING_FIRST_POLL=1s GCMIRROR_BUDGET_LIMIT=1000
"$gcmirror" simulate --users "${USERS:-100000}" --deals "${DEALS:-200000}" --limit 1000 --dir "$dir/certificates" --ready-file "$dir/ready" >/dev/null &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; stop_test_postgres; rm -rf "$dir"' EXIT
for _ in $(seq 300); do [ -f "$dir/ready" ] && break; kill -0 "$simulator"; sleep 0.1; done
set -a; . "$dir/ready"; set +a
"$gcmirror" sync --full >/dev/null 2>&1
psql -qX "$GCMIRROR_TEST_URL" -c "VACUUM ANALYZE"
printf '%-28s %10s\n' report ms
for name in $("$gcmirror" report | cut -d' ' -f1); do
    for _ in 1 2 3; do
        begin=$(date +%s%N)
        "$gcmirror" report "$name" >/dev/null
        echo $(( ($(date +%s%N) - begin) / 1000000 ))
    done | sort -n | sed -n 2p | xargs printf '%-28s %10s\n' "$name"
done | sort -k2 -n
printf '\n%-28s %12s\n' view cost
for view in $(psql -AtX "$GCMIRROR_TEST_URL" -c "SELECT relname FROM pg_class WHERE relnamespace = 'report'::regnamespace AND relkind = 'v' ORDER BY 1"); do
    cost=$(psql -AtX "$GCMIRROR_TEST_URL" -c "SET jit = off; SET work_mem = '64MB'; EXPLAIN SELECT * FROM report.$view" | sed -n 's/.*cost=[0-9.]*\.\.\([0-9]*\).*/\1/p' | head -1)
    printf '%-28s %12s\n' "$view" "$cost"
done | sort -k2 -n
