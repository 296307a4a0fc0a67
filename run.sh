#!/usr/bin/env bash
# On a fresh Debian: installs packages, builds, and mirrors a school into PostgreSQL. Without an account: the built-in simulator.
#   ./run.sh                                                    a whole night against the simulator
#   GETCOURSE_ACCOUNT=school GETCOURSE_KEY=... ./run.sh         your school
#   ./run.sh --serve                                            and then goes on serving, with the dashboard, until Ctrl-C
set -euo pipefail
case ${1:-} in ''|--serve) ;; *) echo "run.sh: \"$1\" is unknown, expected nothing or --serve" >&2; exit 2 ;; esac
cd "$(dirname "$0")"
. cmake/setup.sh
install_packages "${run_packages[@]}"
build release gcmirror
gcmirror=$PWD/build/release/gcmirror

simulator=
stop_simulator() { [ -z "$simulator" ] || { kill "$simulator" && wait "$simulator"; } 2>/dev/null || true; }
trap stop_simulator EXIT

if [ -z "${GETCOURSE_ACCOUNT:-}${GCMIRROR_GETCOURSE_URL:-}" ]; then
    echo "no GETCOURSE_ACCOUNT: starting the built-in simulator" >&2
    export GCMIRROR_CONFIG=/dev/null   # the simulator's school must not meet the settings of a real one
    if [ -z "${GCMIRROR_DATABASE_DATA_DIR:-}" ]; then
        if [ "$(id -u)" = 0 ]; then GCMIRROR_DATABASE_DATA_DIR=/var/lib/gcmirror-simulated; else GCMIRROR_DATABASE_DATA_DIR=$HOME/.local/share/gcmirror-simulated; fi
        export GCMIRROR_DATABASE_DATA_DIR
    fi
    export GCMIRROR_PACING_FIRST_POLL=${GCMIRROR_PACING_FIRST_POLL:-500ms}
    ready=$(mktemp -u "${TMPDIR:-/tmp}/gcmirror-ready-XXXXXX")
    "$gcmirror" simulate --users "${USERS:-2000}" --deals "${DEALS:-5000}" --build-median 2s --ready-file "$ready" >/dev/null &
    simulator=$!
    for _ in $(seq 100); do   # bounded: until it answers, or ends
        [ -f "$ready" ] && break
        kill -0 "$simulator" 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
        sleep 0.1
    done
    set -a
    # shellcheck disable=SC1090  # what the simulator wrote
    . "$ready"
    set +a
    rm -f "$ready"
fi

code=0
"$gcmirror" sync || code=$?
[ "$code" = 0 ] || [ "$code" = 3 ] || exit "$code"
echo
"$gcmirror" report revenue_by_day --from "$(date -d '14 days ago' +%F)"
echo
echo "The data are in PostgreSQL: $("$gcmirror" db url)"
[ -z "${GCMIRROR_DATABASE_DATA_DIR:-}" ] || echo "(for the commands below: export GCMIRROR_DATABASE_DATA_DIR=$GCMIRROR_DATABASE_DATA_DIR)"
cat <<EOF
Three things to try:
  build/release/gcmirror db psql -- -c 'SELECT status, count(*), sum(cost) FROM mirror.deals GROUP BY 1 ORDER BY 2 DESC'
  build/release/gcmirror explain        # each request of the sync: why, and what it brought
  build/release/gcmirror status         # freshness, budget, runs
EOF
[ "${1:-}" = --serve ] || exit "$code"
echo
echo "Serving; the dashboard: http://${GCMIRROR_SERVE_LISTEN:-127.0.0.1:8080}. Ctrl-C ends it."
"$gcmirror" serve
