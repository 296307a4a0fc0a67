#!/usr/bin/env bash
# CPU of every report over 90 days (target 1 s) and over everything (3 s), and of `report all` (60 s of time), on a school of ORDERS (default 1000000)
# made by school.sql: 0.72 payments, 0.3 people, 5 memberships and one version in history an order, two exclusions. Private, goes away again.
# CPU is that of PostgreSQL's processes, parallel workers included: it hardly depends on what else the machine does.
#   tests/bench/reports.sh [REPORT...]     those reports only, without the facts and `report all`
#   GCMIRROR_BENCH_URL=postgresql://...    a school that an earlier run made and kept, on a server of your own; made there when it is empty
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
orders=${ORDERS:-1000000}
if [ -n "${GCMIRROR_BENCH_PROGRAM:-}" ]; then
    gcmirror=$GCMIRROR_BENCH_PROGRAM
else
    install_packages "${run_packages[@]}"
    build release gcmirror
    gcmirror=$PWD/build/release/gcmirror
fi
dir=$(mktemp -d /tmp/gcmirror-reports-XXXXXX)
if [ -n "${GCMIRROR_BENCH_URL:-}" ]; then
    export GCMIRROR_TEST_URL=$GCMIRROR_BENCH_URL
    trap 'rm -rf "$dir"' EXIT
else
    start_test_postgres
    trap 'stop_test_postgres; rm -rf "$dir"' EXIT
fi
export GCMIRROR_CONFIG=/dev/null GCMIRROR_DATABASE_URL=$GCMIRROR_TEST_URL GETCOURSE_ACCOUNT=bench GETCOURSE_KEY=none GCMIRROR_DATABASE_DATA_DIR=$dir
ask() { psql -qAtX -v ON_ERROR_STOP=1 "$GCMIRROR_TEST_URL" "$@"; }
ask -c "ALTER SYSTEM SET max_wal_size = '16GB'" -c "ALTER SYSTEM SET autovacuum = off" -c "SELECT pg_reload_conf()" >/dev/null
postmaster=$(head -1 "$(ask -c "SHOW data_directory")/postmaster.pid")
# utime, stime of the postmaster and of the processes that ended below it, in ms
cpu() {
    # a process counts once it has ended and was waited for; the server's own ones stay
    local own; own=$(pgrep -c -P "$postmaster" -f 'checkpointer|background writer|walwriter|launcher|archiver|stats collector')
    while [ "$(pgrep -c -P "$postmaster")" -gt "$own" ]; do sleep 0.02; done
    awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15 + $16 + $17) * 1000 / hz) }' "/proc/$postmaster/stat"
}
spent() {  # CPU in ms of a command whose connections end with it
    local before; before=$(cpu)
    "$@" >"$dir/out" 2>"$dir/error" || { cat "$dir/error" >&2; exit 1; }
    echo $(($(cpu) - before))
}
"$gcmirror" db adopt >/dev/null
if [ "$(ask -c "SELECT EXISTS (SELECT FROM mirror.deals)")" = f ]; then
    ask -v orders="$orders" -f tests/bench/school.sql
    ask -c "VACUUM ANALYZE"
fi
if [ $# = 0 ]; then
    printf 'facts of %s orders, written anew: %s ms of CPU\n' "$orders" "$(spent ask -c "SELECT report.refresh_facts()")"
    ask -c "VACUUM ANALYZE"
fi
row() {  # name, ms, target
    printf ' %9s %8s%s' "$2" "$3" "$([ "$2" = - ] || [ "$2" -le "$3" ] || echo ' *')"
}
printf '%-26s %9s %8s %11s %8s   (ms of CPU; * above its target)\n' report '90 days' target everything target
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <("$gcmirror" report | cut -d' ' -f1)
for name in "${names[@]}"; do
    days=-
    if "$gcmirror" report "$name" --from 2030-01-01 >/dev/null 2>&1; then days=$(spent "$gcmirror" report "$name" --from 2025-10-03 --to 2025-12-31); fi
    all=$(spent "$gcmirror" report "$name")
    printf '%-26s%s  %s\n' "$name" "$(row "$name" "$days" 1000)" "$(row "$name" "$all" 3000)"
done | tee "$dir/table"
[ $# = 0 ] || exit 0
begin=$(date +%s%N)
cpu_all=$(spent "$gcmirror" report all --out "$dir/all")
printf 'report all: %s ms of time (target 60000), %s ms of CPU\n' $((($(date +%s%N) - begin) / 1000000)) "$cpu_all"
! grep -q '\*' "$dir/table" || { echo "above their targets: $(grep -c '\*' "$dir/table")"; exit 1; }
