#!/usr/bin/env bash
# Fuzzes sheet, value and naming for SECONDS each (default 60), seeded from the fixtures. Needs clang and libclang-rt-14-dev.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
install_packages "${build_packages[@]}" clang libclang-rt-14-dev
seconds=${1:-60}
cmake --preset fuzz >/dev/null
cmake --build build/fuzz -j "$(nproc)" --target sheet_fuzz value_fuzz naming_fuzz
for target in sheet value naming; do
    corpus=build/fuzz/corpus-$target
    mkdir -p "$corpus"
    [ "$target" != sheet ] || cp tests/data/bodies/*.json "$corpus/"
    [ "$target" != value ] || printf '%s\n' '12 000,00 руб.' '2026-02-01 10:05:12' '21.02.2026 08:05' '3971958:2025-12-19, 4059687' 'Да' | split -l 1 - "$corpus/seed-"
    [ "$target" != naming ] || printf 'ID заказа\nНомер\nСтоимость, RUB\nutm_source\n\nutm_source\nТеги\n' > "$corpus/seed"
    "build/fuzz/tests/${target}_fuzz" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="build/fuzz/" "$corpus" 2>&1 | grep -E 'ERROR|SUMMARY|stat::number_of_executed_units|Done'
done
