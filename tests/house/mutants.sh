#!/usr/bin/env bash
# Deliberate faults that the unit tests must catch: each is put into a copy of the tree, the unit
# program beside it is built and run, and must fail. Fails when a fault survives, or when the line it
# changes is no longer there (then change the table below, too).
#   tests/house/mutants.sh [NAME]   all, or those whose name contains NAME
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=cmake/setup.sh
. cmake/setup.sh
install_packages "${build_packages[@]}"
copy=build/mutants
rm -rf "$copy"  # a run that was cut leaves a fault behind
mkdir -p "$copy"
git ls-files -z | tar --null -c -T - | tar -x -C "$copy"
cd "$copy"
programs=(unit_etl unit_schema unit_jobs_output unit_jobs_serve unit_jobs_push)
build_programs() { build dev "$@" >build.log 2>&1; }
build_programs "${programs[@]}" || { tail -20 build.log; exit 1; }
for program in "${programs[@]}"; do
    build/dev/tests/"$program" --gtest_brief=1 >test.log 2>&1 || { tail -20 test.log; echo "mutants: $program fails without a fault" >&2; exit 1; }
done
caught=0 wrong=0
# fault NAME PROGRAM FILE TEXT INSTEAD: TEXT stands once in FILE and is replaced
fault() {
    local name=$1 program=$2 file=$3
    [[ "$name" == *"$wanted"* ]] || return 0
    cp "$file" kept
    if ! TEXT=$4 INSTEAD=$5 perl -0pi -e '$n = s/\Q$ENV{TEXT}\E/$ENV{INSTEAD}/g; END { exit($n == 1 ? 0 : 1) }' "$file"; then
        echo "NOT THERE ONCE  $name: $4 ($file)"
        wrong=$((wrong + 1))
    elif ! build_programs "$program"; then
        echo "DOES NOT BUILD  $name ($file): $(grep -m1 error build.log || true)"
        wrong=$((wrong + 1))
    elif timeout 300 build/dev/tests/"$program" --gtest_brief=1 >test.log 2>&1; then
        echo "SURVIVED        $name ($file)"
        wrong=$((wrong + 1))
    else
        echo "caught          $name: $(grep -m1 -oP '\[  FAILED  \] \K\S+' test.log || echo "it died")"
        caught=$((caught + 1))
    fi
    cp kept "$file"
}
wanted=${1:-}
fault "HTTP 429 is not over the limit" unit_etl etl/api.cpp \
    'if (status == 429) return OverLimit{};' ''
fault "a 5xx with good JSON is an answer" unit_etl etl/api.cpp \
    'if (response.status >= 500) return Unclear{fmt::format("HTTP {}", response.status)};
    return decode_good' 'return decode_good'
fault "a 404 of an export ends the run" unit_etl etl/api.cpp \
    'if (asked == Asked::poll && !account) return Gone{"HTTP 404"};' ''
fault "redirects are read as answers" unit_etl etl/api.cpp \
    'status >= 300 && status < 400' 'status >= 309 && status < 400'
fault "refused starts go on for ever" unit_etl etl/export_runner.cpp \
    'kBusyTries = 12;' 'kBusyTries = 1200;'
fault "a request exactly a window old is free" unit_etl etl/pacing.cpp \
    'age <= window)' 'age < window)'
fault "a carriage return goes raw into COPY" unit_etl etl/copy_text.cpp \
    'line += "\\r";' "line += '\\r';"
fault "a surrogate pair is another letter" unit_etl etl/sheet.cpp \
    '0x10000 + ((high_' '0x1000 + ((high_'
fault "text behind the JSON is ignored" unit_etl etl/sheet.cpp \
    's.envelope.json = false;  // something' 's.envelope.json = true;  // something'
fault "12,000 is twelve" unit_etl etl/value.cpp \
    'if (decimals == 3) return "thousands or decimals";' ''
fault "Sunday is 0 only" unit_jobs_serve jobs/serve/cron.cpp \
    'if (weekdays_[7]) weekdays_.set(0);' ''
fault "day and weekday must both hold" unit_jobs_serve jobs/serve/cron.cpp \
    'return by_day || by_weekday' 'return by_day && by_weekday'
fault "a cell that begins with + is left to Excel" unit_jobs_output jobs/output/table_printer.cpp \
    '"=+-@\t\r"' '"=-@\t\r"'
fault "a letter is cut in its middle" unit_schema schema/text.cpp \
    'bytes - end < 3 &&' 'bytes - end < 1 &&'
echo "mutants: $caught caught, $wrong not"
[ "$wrong" = 0 ]
