#!/usr/bin/env bash
# On a fresh Debian: installs what is missing, then every gate and test: format, sizes and scripts;
# walls (shared libraries); fuzzers beside the tests; flow and web on the release build, unit and pg
# under address and undefined sanitizers, layers, all in one ctest, whose closing lines come last.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=cmake/setup.sh
. cmake/setup.sh
# the caller's own gcmirror must not be what is tested
for variable in $(compgen -e | grep -E '^(GCMIRROR|GETCOURSE)_' || true); do unset "$variable"; done
install_packages "${build_packages[@]}"
install_web

for gate in format sizes scripts; do  # layers is one of ctest's
    tests/house/$gate.sh || { echo "test.sh: the gate tests/house/$gate.sh failed" >&2; exit 1; }
done
# warnings are errors in what users run; sanitizers make GCC warn of what is not there
GCMIRROR_WERROR=ON GCMIRROR_UNIT=OFF build release
GCMIRROR_WERROR=ON GCMIRROR_UNIT=OFF build release walls
build asan

start_test_postgres
trap stop_test_postgres EXIT
status=0
# The fuzzers run where the tests wait: a session of its own has a share of its own, of which it asks
# the least (sched(7)). A group, too, to end all of them.
setsid bash -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 tests/fuzz/run.sh 20' &
fuzzers=$!
trap 'kill -- "-$fuzzers" 2>/dev/null || true; stop_test_postgres' EXIT  # Ctrl-C does not reach them
tests/house/changed.sh || status=$?
# A mirror of this machine itself is no test's: one that was not there before fails the run.
own_mirrors() { ls -d /var/lib/gcmirror "${HOME:-}/.local/share/gcmirror" 2>/dev/null || true; }
before=$(own_mirrors)
# both builds' tests in one run, so that no core waits for the last of one
mkdir -p build/all
printf 'subdirs("%s" "%s")\n' "$PWD/build/release" "$PWD/build/asan" >build/all/CTestTestfile.cmake
ctest --test-dir build/all --output-on-failure -j"$(test_quarters)" --no-tests=error || status=$?
wait "$fuzzers" || { echo "test.sh: tests/fuzz/run.sh 20 failed, see above" >&2; status=1; }
[ "$(own_mirrors)" = "$before" ] || { echo "test.sh: a test has made $(own_mirrors)" >&2; status=1; }
exit "$status"
