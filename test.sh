#!/usr/bin/env bash
# Installs what is missing, builds, starts a private PostgreSQL, runs every test: unit and pg under sanitizers, flow and web on the release build.
set -euo pipefail
cd "$(dirname "$0")"
. cmake/setup.sh
install_packages "${build_packages[@]}"
install_web
build release
build asan
start_test_postgres
trap stop_test_postgres EXIT
status=0
ctest --test-dir build/release -L 'flow|web' --output-on-failure -j1 --no-tests=ignore || status=$?
ctest --test-dir build/asan -L 'unit|pg' --output-on-failure -j2 || status=$?
exit "$status"
