#!/usr/bin/env bash
# On a fresh Debian: installs packages, builds, and mirrors a school into PostgreSQL. Without an account: the built-in simulator.
#   ./run.sh                                                    a whole night against the simulator
#   GETCOURSE_ACCOUNT=school GETCOURSE_KEY=... ./run.sh         your school
#   ./run.sh --serve                                            serves, with the dashboard, until Ctrl-C; the first night runs before your eyes
#   ./run.sh --fleet [3]                                        so many simulated schools, a service above them and one page of all
set -euo pipefail
case ${1:-} in ''|--serve|--fleet) ;; *) echo "run.sh: \"$1\" is unknown, expected nothing, --serve or --fleet N" >&2; exit 2 ;; esac
[ "${1:-}" = --fleet ] || [ $# -lt 2 ] || { echo "run.sh: \"$2\" is unknown: only --fleet takes a number" >&2; exit 2; }
[ $# -lt 3 ] || { echo "run.sh: \"$3\" is unknown, expected nothing, --serve or --fleet N" >&2; exit 2; }
case ${2:-3} in [1-9]|[1-4][0-9]|50) ;; *) echo "run.sh: --fleet takes 1 to 50 schools, not \"$2\"" >&2; exit 2 ;; esac
cd "$(dirname "$0")"
. cmake/setup.sh
install_packages "${run_packages[@]}"
build release gcmirror
gcmirror=$PWD/build/release/gcmirror

simulators=()
stop_simulators() { [ ${#simulators[@]} = 0 ] || { kill "${simulators[@]}" && wait "${simulators[@]}"; } 2>/dev/null || true; }

setting() { sed -n "s/^$1=//p" "$2"; }

# left_here DIR COMMAND...: the process that an earlier start left, when it is the same school and program. It
# knows which exports are open and what was sent to it; another one ends, as nobody would know its address.
left_here() {
    local dir=$1 pid
    shift
    pid=$(cat "$dir/left" 2>/dev/null) || return 1
    if [ -f "$dir/ready" ] && [ "/proc/$pid/exe" -ef "$1" ] &&
        [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "$* " ]; then echo "$pid"; return; fi
    rm -f "$dir/left"
    if grep -qsF -- "$dir" "/proc/$pid/cmdline"; then kill "$pid" 2>/dev/null || true; fi
    return 1
}

# simulate DIR [OPTIONS]: a simulated school in DIR/simulator, once it answers; its key beside it.
simulate() {
    local dir=$1/simulator ready=$1/simulator/ready command former apart=()
    shift
    mkdir -p "$dir"
    command=("$gcmirror" simulate --users "${USERS:-2000}" --deals "${DEALS:-5000}" --build-median 2s
        --dir "$dir" --ready-file "$ready" "$@")
    if former=$(left_here "$dir" "${command[@]}"); then simulators+=("$former"); return; fi
    rm -f "$ready"
    # one that may go on without us is not to hear our Ctrl-C
    case " $* " in *' --idle '*) apart=(setsid) ;; esac
    GCMIRROR_CONFIG=/dev/null "${apart[@]}" "${command[@]}" >/dev/null 2>"$dir/log" </dev/null &
    simulators+=($!)
    for _ in $(seq 100); do   # bounded: until it answers, or ends
        [ -f "$ready" ] && break
        kill -0 $! 2>/dev/null || { cat "$dir/log"; echo "the simulator did not start" >&2; exit 1; }
        sleep 0.1
    done
    (umask 077; setting GETCOURSE_KEY "$ready" > "$dir/key")
}

# settings_of DIR FILE DATA: the settings of the school in DIR, which meet none of a real one.
settings_of() {
    cat > "$2" <<EOF
# a simulated school of run.sh
[getcourse]
url = "$(setting GCMIRROR_GETCOURSE_URL "$1/simulator/ready")"
ca_file = "$1/simulator/ca.pem"
key_file = "$1/simulator/key"
[database]
data_dir = "$3"
[pacing]
first_poll = "500ms"
EOF
}

end_fleet() {
    local file
    for file in "$data/fleet/schools.d/"*.toml; do "$gcmirror" --config "$file" db stop >/dev/null 2>&1 || true; done
    stop_simulators
}

# A file each in $data/fleet/schools.d; then the service of all, until Ctrl-C.
fleet() {
    local i name listen=${GCMIRROR_FLEET_LISTEN:-127.0.0.1:8090}
    unset GCMIRROR_DATABASE_DATA_DIR   # of each school its own
    mkdir -p "$data/fleet/schools.d"
    rm -f "$data/fleet/schools.d/"*.toml
    trap end_fleet EXIT
    for i in $(seq "$1"); do
        name=school$i
        simulate "$data/fleet/$name" --seed "$i"
        settings_of "$data/fleet/$name" "$data/fleet/schools.d/$name.toml" "$data/fleet/$name"
        printf '[serve]\nlisten = "127.0.0.1:%s"\n' $((8090 + i)) >> "$data/fleet/schools.d/$name.toml"
    done
    # data_dir: an overview (fleet views) meets none of real schools
    printf '[fleet]\nschools = "schools.d"\nlisten = "%s"\n[database]\ndata_dir = "%s"\n' "$listen" "$data/fleet" > "$data/fleet/fleet.toml"
    echo "$1 schools on one page: http://$listen; their first nights begin now. Ctrl-C ends all, the next start goes on." >&2
    "$gcmirror" --config "$data/fleet/fleet.toml" serve --fleet --now
}

if [ "$(id -u)" = 0 ]; then simulated=/var/lib/gcmirror-simulated; else simulated=$HOME/.local/share/gcmirror-simulated; fi
data=$(realpath -m "${GCMIRROR_DATABASE_DATA_DIR:-$simulated}")
if [ "${1:-}" = --fleet ]; then fleet "${2:-3}"; exit; fi

serve=${1:-}
trap stop_simulators EXIT
trap 'exit 130' INT   # no program of ours runs yet that would see to it
if [ -z "${GETCOURSE_ACCOUNT:-}${GCMIRROR_GETCOURSE_URL:-}" ]; then
    echo "no GETCOURSE_ACCOUNT: starting the built-in simulator" >&2
    # ends itself when nobody has asked for an hour: what follows can still be tried
    if [ -n "$serve" ]; then simulate "$data"; else simulate "$data" --idle 1h; fi
    settings_of "$data" "$data/gcmirror.toml" "$data"
    export GCMIRROR_CONFIG=$data/gcmirror.toml
fi
trap - INT

if [ -n "$serve" ]; then
    echo "The dashboard: http://${GCMIRROR_SERVE_LISTEN:-127.0.0.1:8080}; the first night begins now. Ctrl-C ends it, the next start goes on." >&2
    "$gcmirror" serve --now
    exit
fi

code=0
"$gcmirror" sync || code=$?
if [ ${#simulators[@]} != 0 ]; then   # it may go on, for what is tried next and for the next start
    echo "${simulators[0]}" > "$data/simulator/left"
    trap - EXIT
fi
[ "$code" = 0 ] || [ "$code" = 3 ] || exit "$code"
echo
"$gcmirror" report revenue_by_day --from "$(date -d '14 days ago' +%F)"
echo
echo "The data are in PostgreSQL: $("$gcmirror" db url)"
cat <<EOF
Three things to try:${simulators[0]:+ (the simulated school answers for another hour)}
${simulators[0]:+  export GCMIRROR_CONFIG=$GCMIRROR_CONFIG
}  build/release/gcmirror db psql -- -c 'SELECT status, count(*), sum(cost) FROM mirror.deals GROUP BY 1 ORDER BY 2 DESC'
  build/release/gcmirror explain        # each request of the sync: why, and what it brought
  build/release/gcmirror doctor         # is everything in place for tonight?
EOF
exit "$code"
