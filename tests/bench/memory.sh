#!/usr/bin/env bash
# Resident memory and time of a first and a second full sync of USERS and DEALS from the simulator (default 30000 and 100000).
# Prints a line per sync. Everything it makes is private and goes away again.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
install_packages "${run_packages[@]}" time
build release gcmirror
gcmirror=$PWD/build/release/gcmirror
dir=$(mktemp -d /tmp/gcmirror-memory-XXXXXX)
start_test_postgres
export GCMIRROR_CONFIG=/dev/null GCMIRROR_DATABASE_DATA_DIR=$dir/data GCMIRROR_DATABASE_URL=$GCMIRROR_TEST_URL GCMIRROR_PACING_FIRST_POLL=300ms GCMIRROR_BUDGET_LIMIT=1000
"$gcmirror" simulate --users "${USERS:-30000}" --deals "${DEALS:-100000}" --limit 1000 --dir "$dir/certificates" --ready-file "$dir/ready" >/dev/null &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; stop_test_postgres; rm -rf "$dir"' EXIT
for _ in $(seq 300); do [ -f "$dir/ready" ] && break; kill -0 "$simulator"; sleep 0.1; done
set -a; . "$dir/ready"; set +a
for sync in first second; do
    command time -f '%M %e' -o "$dir/time" "$gcmirror" sync --full > "$dir/out" 2>/dev/null
    read -r kilobytes seconds < "$dir/time"
    echo "$sync full sync: $(grep -E '^(payments|deals|users):' "$dir/out" | sed 's/ rows.*//' | tr '\n' ',' | sed 's/,$//; s/,/, /g'): ${seconds} s, $((kilobytes / 1024)) MB resident at most"
done
