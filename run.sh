#!/usr/bin/env bash
# On a fresh Debian: installs packages, builds, and mirrors a school into PostgreSQL. Without an account: the built-in simulator.
#   ./run.sh                                                    a whole night against the simulator
#   GETCOURSE_ACCOUNT=school GETCOURSE_KEY=... ./run.sh         your school
#   ./run.sh --serve                                            serves, with the dashboard, until Ctrl-C; the first night runs before your eyes
set -euo pipefail
case ${1:-} in ''|--serve) ;; *) echo "run.sh: \"$1\" is unknown, expected nothing or --serve" >&2; exit 2 ;; esac
cd "$(dirname "$0")"
. cmake/setup.sh
install_packages "${run_packages[@]}"
build release gcmirror
gcmirror=$PWD/build/release/gcmirror

simulator=
stop_simulator() { [ -z "$simulator" ] || { kill "$simulator" && wait "$simulator"; } 2>/dev/null || true; }

setting() { sed -n "s/^$1=//p" "$2"; }

# Writes the settings of the simulated school, which meet none of a real one, into $data.
simulated_school() {
    local ready=$data/simulator/ready
    mkdir -p "$data/simulator"
    rm -f "$ready"
    # ends itself when nobody has asked for an hour: what follows can still be tried
    local idle=(--idle 1h)
    [ -z "$serve" ] || idle=()
    GCMIRROR_CONFIG=/dev/null "$gcmirror" simulate --users "${USERS:-2000}" --deals "${DEALS:-5000}" --build-median 2s \
        --dir "$data/simulator" --ready-file "$ready" "${idle[@]}" >/dev/null 2>"$data/simulator/log" </dev/null &
    simulator=$!
    for _ in $(seq 100); do   # bounded: until it answers, or ends
        [ -f "$ready" ] && break
        kill -0 "$simulator" 2>/dev/null || { cat "$data/simulator/log"; echo "the simulator did not start" >&2; exit 1; }
        sleep 0.1
    done
    (umask 077; setting GETCOURSE_KEY "$ready" > "$data/simulator/key")
    cat > "$data/gcmirror.toml" <<EOF
# the simulated school of run.sh
[getcourse]
url = "$(setting GCMIRROR_GETCOURSE_URL "$ready")"
ca_file = "simulator/ca.pem"
key_file = "simulator/key"
[database]
data_dir = "$data"
[pacing]
first_poll = "500ms"
EOF
}

serve=${1:-}
if [ -z "${GETCOURSE_ACCOUNT:-}${GCMIRROR_GETCOURSE_URL:-}" ]; then
    echo "no GETCOURSE_ACCOUNT: starting the built-in simulator" >&2
    if [ "$(id -u)" = 0 ]; then data=/var/lib/gcmirror-simulated; else data=$HOME/.local/share/gcmirror-simulated; fi
    data=${GCMIRROR_DATABASE_DATA_DIR:-$data}
    simulated_school
    export GCMIRROR_CONFIG=$data/gcmirror.toml
fi

if [ -n "$serve" ]; then
    trap stop_simulator EXIT
    echo "The dashboard: http://${GCMIRROR_SERVE_LISTEN:-127.0.0.1:8080}; the first night begins now. Ctrl-C ends it, the next start goes on." >&2
    "$gcmirror" serve --now
    exit
fi

code=0
"$gcmirror" sync || code=$?
[ "$code" = 0 ] || [ "$code" = 3 ] || { stop_simulator; exit "$code"; }
echo
"$gcmirror" report revenue_by_day --from "$(date -d '14 days ago' +%F)"
echo
echo "The data are in PostgreSQL: $("$gcmirror" db url)"
cat <<EOF
Three things to try:${simulator:+ (the simulated school answers for another hour)}
${simulator:+  export GCMIRROR_CONFIG=$GCMIRROR_CONFIG
}  build/release/gcmirror db psql -- -c 'SELECT status, count(*), sum(cost) FROM mirror.deals GROUP BY 1 ORDER BY 2 DESC'
  build/release/gcmirror explain        # each request of the sync: why, and what it brought
  build/release/gcmirror doctor         # is everything in place for tonight?
EOF
exit "$code"
