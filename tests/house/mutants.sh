#!/usr/bin/env bash
# Deliberate one-line faults that the unit tests must catch: each is put into a copy of the tree, the
# unit program of its folder is built and run, and must fail. Fails when a fault survives, or when
# its line is no longer there.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=cmake/setup.sh
. cmake/setup.sh
install_packages "${build_packages[@]}"
work=build/mutants
rm -rf "$work/source"
mkdir -p "$work/source"
git ls-files -z | xargs -0 cp --parents -t "$work/source"
cd "$work/source"
build dev unit_etl >/dev/null
survived=0
fault() {  # fault NAME UNIT_PROGRAM FILE PERL_SUBSTITUTION
    local name=$1 program=$2 file=$3
    cp "$file" "$file.kept"
    perl -0pi -e "$4" "$file"
    if cmp -s "$file" "$file.kept"; then
        echo "not there: $name ($file)"
        survived=1
    elif ! cmake --build build/dev --target "$program" >build.log 2>&1; then
        echo "caught by the compiler: $name"
    elif "build/dev/tests/$program" >test.log 2>&1; then
        echo "SURVIVED: $name ($file)"
        survived=1
    else
        echo "caught: $name"
    fi
    mv "$file.kept" "$file"
    touch "$file"
}
. ../../../tests/house/faults.sh
exit $survived
