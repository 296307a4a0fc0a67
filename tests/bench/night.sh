#!/usr/bin/env bash
# A whole first night and a second one of USERS and DEALS (default 100000 and 200000) against the simulator; where the time goes.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
install_packages "${run_packages[@]}"
build release gcmirror
gcmirror=$PWD/build/release/gcmirror
dir=$(mktemp -d /tmp/gcmirror-night-XXXXXX)
start_test_postgres
export GCMIRROR_CONFIG=/dev/null GCMIRROR_DATABASE_URL=$GCMIRROR_TEST_URL GCMIRROR_PACING_FIRST_POLL=1s GCMIRROR_BUDGET_LIMIT=1000
"$gcmirror" simulate --users "${USERS:-100000}" --deals "${DEALS:-200000}" --build-median 2s --limit 1000 --dir "$dir/certificates" --ready-file "$dir/ready" >/dev/null &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; stop_test_postgres; rm -rf "$dir"' EXIT
for _ in $(seq 300); do [ -f "$dir/ready" ] && break; kill -0 "$simulator"; sleep 0.1; done
set -a; . "$dir/ready"; set +a
for night in first second; do
    "$gcmirror" sync --full > "$dir/out" 2>/dev/null
    echo "$night night: $(grep -E '^(payments|deals|users):' "$dir/out" | sed 's/ rows.*//' | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
    psql -At "$GCMIRROR_TEST_URL" -c "
        WITH r AS (SELECT * FROM journal.run ORDER BY id DESC LIMIT 1),
             q AS (SELECT sum(answered_at - sent_at) FILTER (WHERE answer = 'Ready') AS receiving, max(answered_at) AS last FROM journal.request WHERE run_id = (SELECT id FROM r))
        SELECT format('  whole %s s: waiting %s s, receiving and keeping %s s, loading and publishing %s s, views and vacuum %s s',
               round(extract(epoch FROM finished_at - started_at), 1), round(extract(epoch FROM last - started_at - receiving), 1), round(extract(epoch FROM receiving), 1),
               round(extract(epoch FROM loaded_at - last), 1), round(extract(epoch FROM finished_at - loaded_at), 1)) FROM r, q"
done
