#!/usr/bin/env bash
# Shell scripts and Dockerfile under shellcheck; a warning fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck --external-sources --severity=warning
echo "scripts: ok"
