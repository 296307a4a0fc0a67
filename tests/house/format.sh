#!/usr/bin/env bash
# Fails when a C++ or JavaScript file is not as .clang-format says; `tests/house/format.sh --fix` formats.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=(--dry-run --Werror)
[ "${1:-}" != --fix ] || mode=(-i)
git ls-files -z '*.cpp' '*.hpp' '*.js' '*.mjs' | xargs -0 -P "$(nproc)" -n 40 clang-format "${mode[@]}"
