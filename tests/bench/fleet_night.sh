#!/usr/bin/env bash
# The night of a fleet: N schools (default 50) of DEALS orders (default 5000), each against a simulator of its own, on one PostgreSQL. One
# `gcmirror serve --fleet` mirrors them all at once, two loads at a time, then once more; private, goes away again.
#   tests/bench/fleet_night.sh [N]     GCMIRROR_BENCH_PROGRAM: another gcmirror than that of build/release
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=cmake/setup.sh
. cmake/setup.sh
# shellcheck source=tests/bench/processes.sh
. tests/bench/processes.sh
n=${1:-50}
gcmirror=${GCMIRROR_BENCH_PROGRAM:-}
[ -n "$gcmirror" ] || { build release gcmirror; gcmirror=$PWD/build/release/gcmirror; }
dir=$(mktemp -d /tmp/gcmirror-fleet-XXXXXX)
start_test_postgres
test_pg=${test_pg:?}
pids=()
clean() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait || true
    stop_test_postgres
    rm -rf "$dir"
}
trap clean EXIT
# five connections a school
(cd "$test_pg" && as_postgres "$(postgres_bin)/pg_ctl" -D "$test_pg/data" -w -o "-c listen_addresses='' -c unix_socket_directories='$test_pg' \
    -c fsync=off -c max_connections=600 -c shared_buffers=128MB -c max_wal_size=1GB" restart >/dev/null)
ask() { psql -qAtX -v ON_ERROR_STOP=1 -h "$test_pg" -U postgres "$@"; }
export GCMIRROR_CONFIG=/dev/null
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg) before; $n schools"
mkdir "$dir/schools"
for i in $(seq "$n"); do
    "$gcmirror" simulate --users "$((${DEALS:-5000} * 2 / 5))" --deals "${DEALS:-5000}" --seed "$i" --limit 100000 --dir "$dir/simulator$i" --ready-file "$dir/ready$i" >/dev/null 2>&1 &
    pids+=($!)
done
for i in $(seq "$n"); do
    for _ in $(seq 1200); do [ -f "$dir/ready$i" ] && break; kill -0 "${pids[$((i - 1))]}"; sleep 0.1; done
    value() { sed -n "s/^$1=//p" "$dir/ready$i"; }
    (umask 077; value GETCOURSE_KEY >"$dir/key$i")
    ask -c "CREATE DATABASE s$i"
    printf '[getcourse]\nurl = "%s"\nca_file = "%s"\nkey_file = "%s"\n[database]\nurl = "postgresql:///s%s?host=%s&user=postgres"\ndata_dir = "%s"\n[serve]\nlisten = ""\n[pacing]\nfirst_poll = "300ms"\n[budget]\nlimit = 100000\n' \
        "$(value GCMIRROR_GETCOURSE_URL)" "$(value GCMIRROR_GETCOURSE_CA_FILE)" "$dir/key$i" "$i" "$test_pg" "$dir/data$i" >"$dir/schools/s$i.toml"
done
server=$(head -1 "$test_pg/data/postmaster.pid")
finished() {  # schools with NIGHTS runs that ended well
    local i all=0
    for i in $(seq "$n"); do
        [ "$(ask -d "s$i" -c "SELECT count(*) >= $1 FROM journal.run WHERE state = 'done'" 2>/dev/null)" != t ] || all=$((all + 1))
    done
    echo "$all"
}
for night in 1 2; do
    begin=$(date +%s) before=$(cpu "$server") most=0 connections=0 loads=0 done=0
    "$gcmirror" serve --fleet --now --schools-dir "$dir/schools" >"$dir/log$night" 2>&1 &
    fleet=$!
    pids+=("$fleet")
    for _ in $(seq 400); do
        mapfile -t children < <(pgrep -P "$fleet")
        memory=$(pss "${children[@]}")
        [ "$memory" -le "$most" ] || most=$memory
        now=$(ask -c "SELECT count(*) FILTER (WHERE datname ~ '^s[0-9]'), count(*) FILTER (WHERE application_name = 'gcmirror: load' AND state = 'active') FROM pg_stat_activity")
        [ "${now%|*}" -le "$connections" ] || connections=${now%|*}
        [ "${now#*|}" -le "$loads" ] || loads=${now#*|}
        done=$(finished "$night")
        [ "$done" -lt "$n" ] || break
        kill -0 "$fleet" || { tail "$dir/log$night"; exit 1; }
        sleep 3
    done
    took=$(($(date +%s) - begin))
    clients=0
    for pid in "${children[@]}"; do clients=$((clients + $(cpu "$pid"))); done
    [ "$done" = "$n" ] || { echo "only $done of $n schools are done" >&2; grep -h "error" "$dir/log$night" | tail -5 >&2; exit 1; }
    orders=$(for i in $(seq "$n"); do ask -d "s$i" -c "SELECT count(*) FROM mirror.deals"; done | awk '{ all += $1 } END { print all }')
    echo "night $night: $done of $n schools in $took s, $orders orders; CPU a school: gcmirror $((clients / n)) ms, PostgreSQL $((($(cpu "$server") - before) / n)) ms; at most $most MB in $n processes, $connections connections, $loads connections of loads at work"
    kill "$fleet"
    wait "$fleet" || true
done
echo "load $(cut -d' ' -f1 /proc/loadavg) after"
