#!/usr/bin/env bash
# make_manual.sh PROGRAM DIR CHANGELOG: what the package holds and the program prints itself.
set -euo pipefail
program=$1 dir=$2 changelog=$3
mkdir -p "$dir"
# the builder's own settings must not end up in it
for variable in $(compgen -e | grep -E '^(GCMIRROR|GETCOURSE)_' || true); do unset "$variable"; done
export GCMIRROR_CONFIG=/dev/null
"$program" man gcmirror | gzip -9n > "$dir/gcmirror.1.gz"
"$program" man gcmirror.toml | gzip -9n > "$dir/gcmirror.toml.5.gz"
"$program" completion bash > "$dir/gcmirror.bash"
"$program" completion zsh > "$dir/_gcmirror"
"$program" completion fish > "$dir/gcmirror.fish"
gzip -9nc "$changelog" > "$dir/changelog.gz"
# the installed service has a user and a place of its own
"$program" init --print | sed 's|^data_dir = "[^"]*"|data_dir = "/var/lib/gcmirror"|' > "$dir/gcmirror.toml"
grep -q '^data_dir = "/var/lib/gcmirror"' "$dir/gcmirror.toml"
