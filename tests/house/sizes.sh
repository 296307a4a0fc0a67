#!/usr/bin/env bash
# Lengths of files and functions of the product's C++ and JavaScript, as a table; fails when a file
# has more than 500 lines or more than 2 % of the functions have more than 50.
#   tests/house/sizes.sh          the table
#   tests/house/sizes.sh --long   also the files above 300 and the functions above 50 lines
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t files < <(git ls-files 'schema/*.?pp' 'etl/*.?pp' 'jobs/*.?pp' 'jobs/*.js')
functions=$(ctags --languages=C++,JavaScript --kinds-C++=f --kinds-JavaScript=fm --fields=+ne \
    -f - "${files[@]}" |
    awk -F'\t' '{ line = end = 0
        for (i = 4; i <= NF; i++) {
            if ($i ~ /^line:/) line = substr($i, 6)
            if ($i ~ /^end:/) end = substr($i, 5)
        }
        if (end) print end - line + 1, $2 ":" line, $1 }' | sort -rn)
lengths=$(wc -l "${files[@]}" | grep -v ' total$' | sort -rn)
if [ "${1:-}" = --long ]; then
    echo "files above 300 lines:"; awk '$1 > 300 {print "  " $1, $2}' <<<"$lengths"
    echo "functions above 50 lines:"; awk '$1 > 50 {print "  " $1, $2, $3}' <<<"$functions"
fi
quantiles() {  # of the first column, sorted downwards
    awk '{v[NR] = $1} END {printf "median %d, P95 %d, longest %d", v[int(NR / 2) + 1], v[int(NR * 0.05) + 1], v[1]}'
}
long_files=$(awk '$1 > 500' <<<"$lengths" | wc -l)
count=$(wc -l <<<"$functions") long=$(awk '$1 > 50' <<<"$functions" | wc -l)
echo "files:     $(wc -l <<<"$lengths"), lines $(awk '{n += $1} END {print n}' <<<"$lengths"); $(quantiles <<<"$lengths"); above 500: $long_files"
echo "functions: $count; $(quantiles <<<"$functions"); above 50 lines: $long ($(awk -v a="$long" -v b="$count" 'BEGIN {printf "%.1f %%", 100 * a / b}'))"
[ "$long_files" = 0 ] || { echo "a file has more than 500 lines"; exit 1; }
awk -v a="$long" -v b="$count" 'BEGIN {exit a > 0.02 * b}' || { echo "more than 2 % of the functions have more than 50 lines"; exit 1; }
