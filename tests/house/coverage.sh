#!/usr/bin/env bash
# Lines covered by the unit and pg tests, per folder; the flow and web tests, which cover more of
# jobs/cli, jobs/serve and jobs/fleet, are not counted.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=cmake/setup.sh
. cmake/setup.sh
install_packages "${build_packages[@]}" gcovr
build coverage
find build/coverage -name '*.gcda' -delete
start_test_postgres
trap stop_test_postgres EXIT
ctest --test-dir build/coverage -L 'unit|pg' -j"$(test_quarters)" --output-on-failure >&2
gcovr -r . build/coverage --filter '(schema|etl|jobs)/' --exclude-throw-branches --csv |
    awk -F, 'NR > 1 {
        n = split($1, part, "/"); folder = part[1] (part[1] == "jobs" && n > 2 ? "/" part[2] : "")
        lines[folder] += $2; covered[folder] += $3 }
        END { for (f in lines) printf "%-16s %6d lines  %5.1f %%\n", f, lines[f], 100 * covered[f] / lines[f] }' | sort
