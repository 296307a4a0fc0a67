#!/usr/bin/env bash
# clang-tidy and cppcheck, with no finding allowed.
#   tests/house/changed.sh         on the C++ files that differ from the commit before (or $BASE)
#   tests/house/changed.sh --all   on the whole tree (about 10 minutes on two cores)
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
# Changed units one by one; all of them as the unity files of the asan build, which is quicker.
preset=tidy units=("${files[@]}")
[ "${1:-}" != --all ] || preset=asan
cmake --preset "$preset" >/dev/null
[ "${1:-}" != --all ] || mapfile -t units < <(grep -oP '"file": "\K[^"]+' build/asan/compile_commands.json |
    grep -E '/objects_[a-z]+\.dir/Unity/|/(schema|etl|jobs)/.*\.cpp$')
printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy -p "build/$preset" --quiet
cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability \
    --inline-suppr --suppressions-list=tests/house/cppcheck.txt --error-exitcode=1 \
    -I . -j "$(nproc)" "${files[@]}"
echo "changed: clang-tidy and cppcheck found nothing in ${#files[@]} files"
