#!/usr/bin/env bash
# Fails on an include against the arrows of design.md. layers.sh [ROOT]: another tree, for the test
# of this test, which plants wrong includes and expects each to be found.
set -euo pipefail
root=${1:-$(cd "$(dirname "$0")/../.." && pwd)}

# room: what it may include beside itself
declare -A may=(
    [schema]=""
    [etl]="schema"
    [jobs/output]="schema etl"
    [jobs/report]="schema etl jobs/output"
    [jobs/push]="schema etl jobs/output jobs/report"
    [jobs/sync]="schema etl jobs/output jobs/report jobs/push"
    [jobs/serve]="schema etl jobs/output jobs/report jobs/push jobs/sync"
    [jobs/fleet]="schema etl jobs/output jobs/report jobs/push jobs/sync jobs/serve"
    [jobs/simulator]=""
    [jobs/cli]="schema etl jobs/output jobs/report jobs/push jobs/sync jobs/serve jobs/fleet jobs/simulator"
)

check() {  # prints every include against the arrows below $1; its status is their presence
    local top=$1 room file target allowed wrong=0
    for room in "${!may[@]}"; do
        while IFS=: read -r file target; do
            target=${target#*\"}; target=${target%/*}
            case "$target" in schema|etl|jobs/*) ;; *) continue ;; esac
            [ "$target" = "$room" ] && continue
            for allowed in ${may[$room]}; do [ "$target" = "$allowed" ] && continue 2; done
            echo "${file#"$top"/}: includes $target, but $room may use only: ${may[$room]:-nothing}"
            wrong=1
        done < <(grep -HoE '^#include "[^"]+/[^"/]+' "$top/$room"/*.[ch]pp 2>/dev/null || true)
    done
    # every folder with code is a room of the table
    while read -r room; do
        [ -n "${may[$room]+x}" ] || [ "$room" = jobs ] || { echo "$room: unknown to layers.sh"; wrong=1; }
    done < <(cd "$top" && find schema etl jobs -name '*.?pp' -printf '%h\n' | sort -u)
    return $wrong
}

check "$root" || exit 1

# The test of the test: a planted include against each kind of arrow must be found.
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
for pair in schema:etl/pg etl:jobs/sync/sync jobs/output:jobs/report/report jobs/report:jobs/push/push \
    jobs/push:jobs/sync/sync jobs/sync:jobs/serve/serve jobs/serve:jobs/cli/status \
    jobs/serve:jobs/simulator/simulator jobs/serve:jobs/fleet/schools jobs/fleet:jobs/cli/status jobs/simulator:jobs/sync/sync jobs/simulator:etl/value; do
    rm -rf "${planted:?}"/*
    for room in "${!may[@]}"; do mkdir -p "$planted/$room"; : >"$planted/$room/empty.cpp"; done
    echo "#include \"${pair#*:}.hpp\"" >"$planted/${pair%%:*}/planted.cpp"
    if check "$planted" >/dev/null; then
        echo "layers.sh does not see ${pair%%:*} include ${pair#*:}"
        exit 1
    fi
done
echo "layers: ok, and each planted include against the arrows was found"
