#!/usr/bin/env bash
# A fleet of N schools (default 50) of DEALS orders (default 5000) each, on this machine: a staggered first night and a second one, what a school costs,
# and questions across 5, 10 and N schools with all databases on one PostgreSQL and on two. Under ten minutes; private, goes away again.
#   tests/bench/fleet.sh [N]     NIGHTS=10: so many schools really mirror, one after another (the others are copies of the first, for the questions)
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
. tests/bench/processes.sh
n=${1:-50} nights=${NIGHTS:-10}
[ "$nights" -le "$n" ] || nights=$n
if [ -n "${GCMIRROR_BENCH_PROGRAM:-}" ]; then
    gcmirror=$GCMIRROR_BENCH_PROGRAM
else
    install_packages "${run_packages[@]}" time
    build release gcmirror
    gcmirror=$PWD/build/release/gcmirror
fi
bin=$(postgres_bin)
dir=$(mktemp -d /tmp/gcmirror-fleet-XXXXXX)
[ "$(id -u)" = 0 ] && chmod 755 "$dir"
simulator=''
clean() {
    [ -z "$simulator" ] || { kill "$simulator" && wait "$simulator"; } 2>/dev/null || true
    for cluster in one two; do (cd /tmp && as_postgres "$bin/pg_ctl" -D "$dir/$cluster/data" -m immediate -w stop) >/dev/null 2>&1 || true; done
    rm -rf "$dir"
}
trap clean EXIT
start_cluster() {  # NAME
    mkdir "$dir/$1"
    [ "$(id -u)" = 0 ] && chown postgres "$dir/$1"
    (cd "$dir/$1"
     as_postgres "$bin/initdb" -D "$dir/$1/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
     as_postgres "$bin/pg_ctl" -D "$dir/$1/data" -l "$dir/$1/log" -w \
        -o "-c listen_addresses='' -c unix_socket_directories='$dir/$1' -c fsync=off -c max_connections=600 -c shared_buffers=128MB -c max_wal_size=1GB" start >/dev/null)
}
url() { echo "postgresql:///$2?host=$dir/$1&user=postgres"; }                          # CLUSTER DATABASE
ask() { local place=$1; shift; psql -qAtX -v ON_ERROR_STOP=1 "$place" "$@"; }           # URL ARGS
server() { head -1 "$dir/$1/data/postmaster.pid"; }                                      # CLUSTER: its process
ms() { echo $(($(date +%s%N) / 1000000)); }
export GCMIRROR_CONFIG=/dev/null GCMIRROR_PACING_FIRST_POLL=300ms GCMIRROR_BUDGET_LIMIT=100000 GCMIRROR_DATABASE_DATA_DIR="$dir/data"
start_cluster one
start_cluster two
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg) before, PostgreSQL $(ask "$(url one postgres)" -c 'SHOW server_version' | cut -d' ' -f1); $("$gcmirror" version)"

# The night: one school after another, as [fleet] loads_at_once = 1 would have it.
"$gcmirror" simulate --users "$((${DEALS:-5000} * 2 / 5))" --deals "${DEALS:-5000}" --limit 100000 --dir "$dir/certificates" --ready-file "$dir/ready" >/dev/null &
simulator=$!
for _ in $(seq 300); do [ -f "$dir/ready" ] && break; kill -0 "$simulator"; sleep 0.1; done
set -a; . "$dir/ready"; set +a
for i in $(seq "$nights"); do ask "$(url one postgres)" -c "CREATE DATABASE s$i"; done
night() {  # NAME, OPTIONS of sync
    local name=$1 begin before most=0 user=0 i m u s; shift
    begin=$(ms) before=$(cpu "$(server one)")
    for i in $(seq "$nights"); do
        GCMIRROR_DATABASE_URL=$(url one "s$i") command time -f '%M %U %S' -o "$dir/time" "$gcmirror" sync "$@" >/dev/null 2>"$dir/error" || { cat "$dir/error" >&2; exit 1; }
        read -r m u s < <(tail -1 "$dir/time")
        [ "$m" -le "$most" ] || most=$m
        user=$(awk "BEGIN { print int($user + ($u + $s) * 1000) }")
    done
    echo "$name of $nights schools, one after another: $((($(ms) - begin) / nights)) ms a school; CPU a school: gcmirror $((user / nights)) ms, PostgreSQL $((($(cpu "$(server one)") - before) / nights)) ms; resident at most $((most / 1024)) MB"
}
night "first night" --full
night "second night"
kill "$simulator"
wait "$simulator" || true
simulator=''
echo "a school: $(ask "$(url one s1)" -c "SELECT count(*) FROM mirror.deals") orders, $(ask "$(url one s1)" -c "SELECT count(*) FROM mirror.payments") payments, \
database $(ask "$(url one s1)" -c "SELECT pg_size_pretty(pg_database_size(current_database())) || ', ' || (SELECT count(*) FROM pg_class) || ' relations'"), \
an empty one $(ask "$(url one postgres)" -c "SELECT pg_size_pretty(pg_database_size('template1'))")"

# Questions across schools: copies of the first, on one server or every second one on the other.
ask "$(url one s1)" -c "VACUUM ANALYZE"
ask "$(url two postgres)" -c "CREATE DATABASE s1"
for role in reader masked writer; do ask "$(url two postgres)" -c "CREATE ROLE gcmirror_$role LOGIN"; done
pg_dump "$(url one s1)" | ask "$(url two s1)" >/dev/null
ask "$(url two s1)" -c "VACUUM ANALYZE"
for i in $(seq 2 "$n"); do
    for cluster in one two; do
        [ "$cluster" = one ] || [ $((i % 2)) = 0 ] || continue
        ask "$(url $cluster postgres)" -c "DROP DATABASE IF EXISTS s$i" -c "CREATE DATABASE s$i TEMPLATE s1" 2>/dev/null
    done
done
best() {  # the best of three, in ms: COMMAND...
    local least=999999 begin took
    for _ in 1 2 3; do
        begin=$(ms)
        "$@" >"$dir/out" 2>"$dir/error" || { cat "$dir/error" >&2; exit 1; }
        took=$(($(ms) - begin))
        [ "$took" -ge "$least" ] || least=$took
    done
    echo "$least"
}
revenue="SELECT school, date_trunc('month', day), currency, sum(net) FROM fleet.revenue_by_day WHERE day >= '2025-01-01' GROUP BY 1, 2, 3"
warm() {  # SQL: ms of planning and of running in a session that has its connections
    ask "$overview" -c "$1" -c "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY ON) $1" | awk '/Planning Time/ { p = $3 } /Execution Time/ { e = $3 } END { printf "%.1f + %.0f", p, e }'
}
printf '%-8s %-8s %12s %12s %14s %20s %20s %20s %18s %12s\n' schools servers 'views, first' 'views, again' 'SQL, new' 'revenue by month' 'orders of a month' 'all rows summed here' 'report --schools' connections
for servers in 1 2; do
    for size in $(printf '%s\n' 5 10 "$n" | sort -nu); do
        [ "$size" -le "$n" ] || continue
        folder=$dir/schools-$servers-$size
        mkdir -p "$folder"
        for i in $(seq "$size"); do
            cluster=one
            [ "$servers" = 1 ] || [ $((i % 2)) = 1 ] || cluster=two
            printf '[getcourse]\naccount = "school%s"\n[database]\nurl = "%s"\n[serve]\nlisten = ""\n' "$i" "$(url $cluster "s$i")" >"$folder/s$i.toml"
        done
        ask "$(url one postgres)" -c "DROP DATABASE IF EXISTS overview" -c "CREATE DATABASE overview" 2>/dev/null
        overview=$(url one overview)
        export GCMIRROR_FLEET_DATABASE=$overview GCMIRROR_FLEET_SCHOOLS=$folder
        begin=$(ms)
        "$gcmirror" fleet views >/dev/null 2>"$dir/error" || { cat "$dir/error" >&2; exit 1; }
        first=$(($(ms) - begin))
        again=$(best "$gcmirror" fleet views)
        new=$(best ask "$overview" -c "$revenue")
        connections=$(ask "$overview" -c "SELECT count(*) FROM (SELECT school, count(*) FROM fleet.orders GROUP BY 1) x" -c "SELECT count(*) FROM postgres_fdw_get_connections()" | tail -1)
        printf '%-8s %-8s %12s %12s %14s %20s %20s %20s %18s %12s\n' "$size" "$servers" "$first" "$again" "$new" "$(warm "$revenue")" \
            "$(warm "SELECT school, count(*), sum(cost) FROM fleet.orders WHERE created_on BETWEEN '2026-10-01' AND '2026-10-31' GROUP BY 1")" \
            "$(warm "SELECT product, currency, sum(cost) FROM fleet.orders GROUP BY 1, 2")" "$(best "$gcmirror" report revenue_by_day --by month --schools all)" "$connections"
    done
done
# The service over them: a process a school that waits for its night (the copies belong to nobody; nothing is asked of anybody).
echo key >"$dir/key"
chmod 600 "$dir/key"
ticks() { local pid all=0; for pid in "$@"; do all=$((all + $(awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || echo 0))); done; echo "$all"; }
unset GCMIRROR_FLEET_SCHOOLS GCMIRROR_DATABASE_URL GETCOURSE_URL GETCOURSE_ACCOUNT GETCOURSE_KEY
for size in $(printf '%s\n' 5 10 "$n" | sort -nu); do
    [ "$size" -le "$n" ] || continue
    folder=$dir/served-$size
    mkdir -p "$folder"
    for i in $(seq "$size"); do
        ask "$(url one "s$i")" -c "DELETE FROM journal.installation"
        printf '[getcourse]\nurl = "https://127.0.0.1:%s"\nkey_file = "%s"\n[database]\nurl = "%s"\ndata_dir = "%s"\n[schedule]\nsync = "0 3 1 1 *"\n[serve]\nlisten = "127.0.0.1:%s"\n' \
            $((24000 + i)) "$dir/key" "$(url one "s$i")" "$dir/data/$size-$i" $((25000 + i)) >"$folder/s$i.toml"
    done
    begin=$(ms)
    GCMIRROR_FLEET_LISTEN=127.0.0.1:24000 "$gcmirror" serve --fleet --schools-dir "$folder" >"$dir/log" 2>&1 &
    simulator=$!   # ends with us
    up=0
    for _ in $(seq 600); do
        up=$(ask "$(url one postgres)" -c "SELECT count(DISTINCT datname) FROM pg_stat_activity WHERE application_name = 'gcmirror: serve'")
        [ "$up" = "$size" ] && break
        sleep 0.2
    done
    [ "$up" = "$size" ] || { tail -20 "$dir/log" >&2; exit 1; }
    took=$(($(ms) - begin))
    mapfile -t children < <(pgrep -P "$simulator")
    mapfile -t backends < <(pgrep -P "$(server one)" -f 'postgres: postgres s[0-9]')
    before=$(ticks "$simulator" "${children[@]}") before_backends=$(ticks "${backends[@]}")
    sleep 20
    echo "service of $size schools: all up after $took ms; ${#children[@]} processes, $(pss "${children[@]}") MB of their own and $(pss "$simulator") MB of the supervisor; ${#backends[@]} connections, \
$(pss "${backends[@]}") MB; idle CPU of 20 s: $((($(ticks "$simulator" "${children[@]}") - before) * 10)) ms gcmirror, $((($(ticks "${backends[@]}") - before_backends) * 10)) ms PostgreSQL"
    kill "$simulator"
    wait "$simulator" || true
    simulator=''
done
echo "times in ms; SQL: planning + running in a session with its connections open; new: psql, its connections and the question"
echo "load $(cut -d' ' -f1 /proc/loadavg) after"
