#!/usr/bin/env bash
# Fuzzes every reader of foreign bytes for SECONDS each (default 20), seeded from the fixtures. Needs clang and libclang-rt-14-dev.
set -euo pipefail
cd "$(dirname "$0")/../.."
. cmake/setup.sh
install_packages "${build_packages[@]}" clang libclang-rt-14-dev
seconds=${1:-20}
targets=(sheet value naming answer text inflate)
cmake --preset fuzz >/dev/null
cmake --build build/fuzz -j "$(nproc)" --target "${targets[@]/%/_fuzz}"
for target in "${targets[@]}"; do
    corpus=build/fuzz/corpus-$target
    mkdir -p "$corpus"
    case $target in
        sheet|answer|text) cp tests/data/bodies/*.json tests/data/poison/[0-9]*.json "$corpus/" ;;
        value) printf '%s\n' '12 000,00 руб.' '2026-02-01 10:05:12' '21.02.2026 08:05' '3971958:2025-12-19, 4059687' 'Да' | split -l 1 - "$corpus/seed-" ;;
        naming) printf 'ID заказа\nНомер\nСтоимость, RUB\nutm_source\n\nutm_source\nТеги\n' > "$corpus/seed" ;;
        inflate) printf 'Курс' | gzip > "$corpus/seed" ;;
    esac
    "build/fuzz/tests/${target}_fuzz" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="build/fuzz/" "$corpus" 2>&1 | grep -E 'ERROR|SUMMARY|stat::number_of_executed_units|Done'
done
