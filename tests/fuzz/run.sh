#!/usr/bin/env bash
# Fuzzes every reader of foreign bytes for SECONDS each (default 20), one a core at a time, seeded
# from the fixtures.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=cmake/setup.sh
. cmake/setup.sh
install_packages "${build_packages[@]}"
export seconds=${1:-20}
targets=(sheet value naming answer text inflate)
build fuzz "${targets[@]/%/_fuzz}"
fuzz() {
    local target=$1 corpus=build/fuzz/corpus-$1
    mkdir -p "$corpus"
    case $target in
        sheet | answer | text) cp tests/data/bodies/*.json tests/data/poison/[0-9]*.json "$corpus/" ;;
        value) printf '%s\n' '12 000,00 руб.' '2026-02-01 10:05:12' '21.02.2026 08:05' '3971958:2025-12-19, 4059687' 'Да' |
            split -l 1 - "$corpus/seed-" ;;
        naming) printf 'ID заказа\nНомер\nСтоимость, RUB\nutm_source\n\nutm_source\nТеги\n' >"$corpus/seed" ;;
        inflate) printf 'Курс' | gzip >"$corpus/seed" ;;
    esac
    local code=0
    "build/fuzz/tests/${target}_fuzz" -max_total_time="$seconds" -print_final_stats=1 \
        -artifact_prefix=build/fuzz/ "$corpus" >"build/fuzz/$target.log" 2>&1 || code=$?
    echo "fuzz $target: $(grep -oP 'stat::number_of_executed_units: \K.*' "build/fuzz/$target.log" || true) inputs"
    [ "$code" = 0 ] || { grep -E -A 20 'ERROR|SUMMARY|runtime error' "build/fuzz/$target.log"; return 1; }
}
export -f fuzz
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -euo pipefail -c 'fuzz {}'
