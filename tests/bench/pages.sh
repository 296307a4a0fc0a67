#!/usr/bin/env bash
# How long the dashboard's pages take while a load runs: pages.sh [USERS] [DEALS]. Needs GCMIRROR_TEST_URL and build/release/gcmirror.
# Prints median and worst of each page in ms, the load under way, and the memory of an idle serve.
set -euo pipefail
cd "$(dirname "$0")/../.."
users=${1:-50000} deals=${2:-100000} gcmirror=$PWD/build/release/gcmirror
dir=$(mktemp -d) database=gcmirror_pages_$$
psql -qX "$GCMIRROR_TEST_URL" -c "CREATE DATABASE $database"
url=${GCMIRROR_TEST_URL/\/postgres?//$database?}
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export GCMIRROR_CONFIG=/dev/null GCMIRROR_DATABASE_DATA_DIR=$dir/data GCMIRROR_DATABASE_URL=$url GCMIRROR_PACING_FIRST_POLL=200ms GCMIRROR_BUDGET_LIMIT=1000 GCMIRROR_SERVE_LISTEN=127.0.0.1:$port GCMIRROR_SCHEDULE_SYNC="0 4 1 1 *"
"$gcmirror" simulate --users "$users" --deals "$deals" --limit 1000 --dir "$dir/c" --ready-file "$dir/ready" >/dev/null & simulator=$!
service=
clean() { kill $simulator $service 2>/dev/null || true; wait 2>/dev/null || true; psql -qX "$GCMIRROR_TEST_URL" -c "DROP DATABASE IF EXISTS $database WITH (FORCE)"; rm -rf "$dir"; }
trap clean EXIT
for _ in $(seq 300); do [ -f "$dir/ready" ] && break; sleep 0.1; done
set -a; . "$dir/ready"; set +a
"$gcmirror" serve 2>"$dir/log" & service=$!
for _ in $(seq 300); do curl -sf "http://127.0.0.1:$port/readyz" 2>/dev/null | grep -q leading && break; sleep 0.1; done
echo "idle: $(awk '/VmRSS/ {print $2}' /proc/$service/status) kB resident"
python3 - "http://127.0.0.1:$port" <<'P'
import json, statistics, sys, time, urllib.request
base = sys.argv[1]
get = lambda path: urllib.request.urlopen(base + path, timeout=30).read()
overview = json.loads(get("/api/overview"))
urllib.request.urlopen(urllib.request.Request(base + "/api/sync", data=b"{}", headers={"X-CSRF-Token": overview["csrf"]})).read()
paths = ["/", "/api/overview", "/api/runs", "/api/run?id=1", "/api/rejects", "/api/fields", "/metrics"]
took, loading, end = {path: [] for path in paths}, 0, time.time() + 300
while time.time() < end:
    for path in paths:
        begin = time.time()
        try: get(path)
        except urllib.error.HTTPError as error:
            if error.code != 404: raise
        took[path].append(1000 * (time.time() - begin))
    state = json.loads(get("/api/overview"))
    line = state["data"]["line"] or []
    loading += 1 if state["syncing"] and line and all(item["state"] != "waiting" for item in line) else 0
    if not state["syncing"] and state["data"]["run"]: break
print(f"{'page':16} {'n':>5} {'median':>8} {'p95':>8} {'worst':>8}  ms, while {state['data']['certificate']['rows']} rows were received and loaded")
for path in paths: print(f"{path:16} {len(took[path]):5} {statistics.median(took[path]):8.1f} {sorted(took[path])[int(0.95 * len(took[path]))]:8.1f} {max(took[path]):8.1f}")
P
echo "after the load: $(awk '/VmRSS/ {print $2}' /proc/$service/status) kB resident"
