#!/usr/bin/env bash
# A whole first night and a second one of USERS and DEALS (default 100000 and 200000) against the simulator, whose builds take BUILD_SECONDS (2);
# where the time goes. NIGHTS=first: that alone. GCMIRROR_PROGRAM: one that is built already. --before PROGRAM: the same nights of another gcmirror at the same time, each with its own simulator and database.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
before=
[ "${1:-}" != --before ] || before=$2
install_packages "${run_packages[@]}"
program=${GCMIRROR_PROGRAM:-}
if [ -z "$program" ]; then build release gcmirror; program=$PWD/build/release/gcmirror; fi
dir=$(mktemp -d /tmp/gcmirror-night-XXXXXX)
start_test_postgres
simulators=()
ended() {
    [ ${#simulators[@]} = 0 ] || { kill "${simulators[@]}" 2>/dev/null; wait "${simulators[@]}" 2>/dev/null; } || true
    stop_test_postgres
    rm -rf "$dir"
}
trap ended EXIT
seconds=${BUILD_SECONDS:-2}

simulate() {  # simulate NAME PROGRAM
    "$2" simulate --users "${USERS:-100000}" --deals "${DEALS:-200000}" --build-median "${seconds}s" --limit 1000 --dir "$dir/$1" \
        --ready-file "$dir/$1.ready" >/dev/null &
    simulators+=($!)
    for _ in $(seq 300); do [ -f "$dir/$1.ready" ] && return 0; kill -0 $!; sleep 0.1; done
    return 1
}

nights() {  # nights NAME PROGRAM
    local url=${GCMIRROR_TEST_URL/\/\/\/postgres/\/\/\/night_$1} night
    psql -qc "CREATE DATABASE night_$1" "$GCMIRROR_TEST_URL"
    set -a
    # shellcheck source=/dev/null
    . "$dir/$1.ready"
    set +a
    export GCMIRROR_CONFIG=/dev/null GCMIRROR_DATABASE_DATA_DIR=$dir/data GCMIRROR_DATABASE_URL=$url GCMIRROR_PACING_FIRST_POLL=1s GCMIRROR_BUDGET_LIMIT=1000
    # between two polls a finished file waits unseen; what counts here is what follows it
    export GCMIRROR_PACING_LONGEST_GAP=5s
    for night in ${NIGHTS:-first second}; do
        "$2" sync --full > "$dir/$1.out" 2>/dev/null
        echo "$1, $night night: $(grep -E '^(payments|deals|users):' "$dir/$1.out" | sed 's/ rows.*//' | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
        psql -At "$url" -c "
            WITH r AS (SELECT * FROM journal.run ORDER BY id DESC LIMIT 1),
                 q AS (SELECT sum(answered_at - sent_at) FILTER (WHERE answer = 'Ready') AS receiving, max(answered_at) AS last FROM journal.request WHERE run_id = (SELECT id FROM r))
            SELECT format('  whole %s s: waiting %s s, receiving and keeping %s s; from the last body: loading and publishing %s s, views and vacuum %s s, end of the run after %s s',
                   round(extract(epoch FROM finished_at - started_at), 1), round(extract(epoch FROM last - started_at - receiving), 1), round(extract(epoch FROM receiving), 1),
                   round(extract(epoch FROM loaded_at - last), 1), round(extract(epoch FROM finished_at - loaded_at), 1), round(extract(epoch FROM finished_at - last), 1)) FROM r, q"
    done
}

simulate now "$program"
[ -z "$before" ] || simulate before "$before"
running=()
(nights now "$program") & running+=($!)
if [ -n "$before" ]; then (nights before "$before") & running+=($!); fi
for one in "${running[@]}"; do wait "$one"; done
