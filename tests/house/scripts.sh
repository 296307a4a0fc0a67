#!/usr/bin/env bash
# Shell scripts under shellcheck, the Dockerfile under hadolint (test.sh fetches it: Debian has no
# package); a warning fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck --external-sources --severity=warning
hadolint=$(command -v hadolint || ls build/hadolint/*/scripts/hadolint 2>/dev/null | tail -1 || true)
if [ -n "$hadolint" ]; then
    "$hadolint" --no-color Dockerfile
    echo "scripts, Dockerfile: ok"
else
    echo "scripts: ok; Dockerfile: not checked, there is no hadolint"
fi
