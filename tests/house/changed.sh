#!/usr/bin/env bash
# clang-tidy and cppcheck, with no finding allowed.
#   tests/house/changed.sh         on the C++ files that differ from the commit before (or $BASE)
#   tests/house/changed.sh --all   on the whole tree (about half an hour on two cores)
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = --all ]; then
    mapfile -t files < <(git ls-files 'schema/*.cpp' 'etl/*.cpp' 'jobs/*.cpp')
else
    base=${BASE:-HEAD~1}
    git rev-parse -q --verify "$base" >/dev/null || { echo "changed: no commit before this one"; exit 0; }
    mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'schema/*.cpp' 'etl/*.cpp' 'jobs/*.cpp')
fi
[ ${#files[@]} -gt 0 ] || { echo "changed: no C++ file differs"; exit 0; }
# Units one by one, with the flags of clang.
cmake --preset tidy >/dev/null
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p build/tidy --quiet --warnings-as-errors='*'
cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability \
    --inline-suppr --suppressions-list=tests/house/cppcheck.txt --error-exitcode=1 \
    -I . -j "$(nproc)" "${files[@]}"
echo "changed: clang-tidy and cppcheck found nothing in ${#files[@]} files"
