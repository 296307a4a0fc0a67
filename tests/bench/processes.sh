# What processes cost; sourced by the benches of a fleet.
# shellcheck shell=bash
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15 + $16 + $17) * 1000 / hz) }' "/proc/$1/stat"; }  # PID: ms, children that ended included
pss() { local pid all=0 own; for pid in "$@"; do own=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0); all=$((all + ${own:-0})); done; echo $((all / 1024)); }  # PIDS: MB of their own
