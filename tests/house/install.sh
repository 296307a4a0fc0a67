#!/usr/bin/env bash
# What README says of installing, done. Each command is a line of README.
#   install.sh quick BUILD_DIR         the files of `cmake --install` in a private folder, and a day's commands from there
#   install.sh package FILE.deb        what is in the package
#   install.sh chroot FILE.deb [OLD.deb]   apt install, a day, dump, purge, restore on a bare Debian 12 made by mmdebstrap
#                                      (root; OLD.deb: installed first, then upgraded)
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=${1:-} subject=${2:-} old=${3:-}
work=$(mktemp -d /tmp/gcmirror-install-XXXXXX)
simulator=
finish() {
    if [ -n "$simulator" ]; then kill "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; fi
    if [ -x "$work/root/usr/bin/gcmirror" ]; then in_root "gcmirror db stop" >/dev/null 2>&1 || true; fi
    if [ -x "$work/prefix/bin/gcmirror" ]; then run "gcmirror db stop" >/dev/null 2>&1 || true; fi
    for place in dev/shm proc; do mountpoint -q "$work/root/$place" && umount -l "$work/root/$place"; done
    rm -rf --one-file-system "$work"
}
trap finish EXIT
fail() { echo "install.sh: $*" >&2; exit 1; }
expect() { grep -qE -- "$1" <<<"$2" || fail "expected \"$1\" in: $2"; }
step() { echo "== $*"; }
# A command that README has, word for word; `sudo` is for people.
readme() { grep -qF -- "$1" README.md || fail "README does not say: $1"; step "$1"; run "${1#sudo }"; }

a_day() {  # run() runs a line where the program is installed; $1: the configuration's folder there
    local said
    said=$(readme "sudo gcmirror init --account school --key-file $1/key")
    expect 'database ready' "$said"
    said=$(readme "sudo gcmirror sync")
    expect 'run 1: [0-9]+ inserted' "$said"
    step "[database] listen"
    sed -i "s|^listen = \"\".*ostgre.*|listen = \"*:$port\"|" "$config"
    grep -q "^listen = \"\*:$port\"" "$config" || fail "the configuration has no line for [database] listen"
    readme "sudo gcmirror db start"
    said=$(readme "sudo gcmirror db user add anna --role masked")
    expect 'password: [A-Za-z0-9]{24}$' "$said"
    password=$(sed -n 's/^password: //p' <<<"$said")
    said=$(readme "sudo gcmirror db connection anna")
    expect "port $port.*user anna, schema masked" "$said"
    readme "sudo gcmirror db connection --certificate > gcmirror.crt"
    step "psql over TLS"
    said=$(run "PGPASSWORD=$password psql -At 'postgresql://anna@localhost:$port/gcmirror?sslmode=verify-full&sslrootcert=gcmirror.crt' -c 'SELECT count(*) > 0 FROM masked.orders' -c 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'")
    [ "$said" = $'t\nt' ] || fail "psql over TLS: $said"
    local refused
    refused=$(run "PGPASSWORD=$password psql 'postgresql://anna@$(hostname -I | awk '{print $1}'):$port/gcmirror?sslmode=disable' -c 'SELECT 1'" 2>&1) && fail "remote access without TLS was not refused"
    expect 'no encryption' "$refused"
    readme "sudo gcmirror db dump gcmirror.dump"
}
again() {  # after everything was taken away and the configuration made anew
    local said
    said=$(readme "sudo gcmirror init --account school --key-file $1/key")
    expect 'database ready' "$said"
    said=$(readme "sudo gcmirror db restore gcmirror.dump")
    expect 'restored' "$said"
    readme "sudo gcmirror db adopt"
    said=$(readme "sudo gcmirror sync")
    expect 'run 2: [0-9]+ inserted' "$said"
    said=$(run "gcmirror db psql -- -At -c \"SELECT rolpassword LIKE 'SCRAM%' FROM pg_authid WHERE rolname = 'anna'\"")
    [ "$said" = t ] || fail "anna's password did not come back"
}
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo $port; return; }
    done
    fail "no port is free"
}
school() {  # a simulated one: as its folder is called here, and there, and the program there
    local here=$1 there=$2
    shift 2
    GCMIRROR_CONFIG=/dev/null "$@" simulate --users 100 --deals 200 --build-median 50ms --dir "$there/school" --ready-file "$there/ready" >/dev/null 2>"$work/simulator.log" &
    simulator=$! ready=$here/ready
    for _ in $(seq 200); do [ -s "$ready" ] && return; kill -0 "$simulator" 2>/dev/null || break; sleep 0.05; done
    fail "the simulator did not start: $(cat "$work/simulator.log")"
}

quick() {
    local build=$1 prefix=$work/prefix
    cmake --build "$build" --target manual >/dev/null
    cmake --install "$build" --prefix "$prefix" --strip >/dev/null
    for file in bin/gcmirror lib/systemd/system/gcmirror.service lib/systemd/system/gcmirror-sender.service lib/systemd/system/gcmirror-fleet.service etc/gcmirror/gcmirror.toml \
        share/man/man1/gcmirror.1.gz share/man/man5/gcmirror.toml.5.gz share/bash-completion/completions/gcmirror \
        share/zsh/vendor-completions/_gcmirror share/fish/vendor_completions.d/gcmirror.fish share/doc/gcmirror/examples/bi/grafana.json; do
        [ -s "$prefix/$file" ] || fail "$file was not installed"
    done
    grep -q "^ExecStart=$prefix/bin/gcmirror serve" "$prefix/lib/systemd/system/gcmirror.service" || fail "the unit starts another program"
    local warnings
    for page in man1/gcmirror.1 man5/gcmirror.toml.5; do
        command -v groff >/dev/null || break
        warnings=$(zcat "$prefix/share/man/$page.gz" | groff -ww -man -Tutf8 2>&1 >/dev/null) || true
        [ -z "$warnings" ] || fail "$page: $warnings"
    done
    completes "$prefix/share/bash-completion/completions/gcmirror"
    # the day, as this user, in folders of this test
    port=$(free_port) config=$work/gcmirror.toml
    export GCMIRROR_CONFIG=$config
    school "$work" "$work" "$prefix/bin/gcmirror"
    # shellcheck source=/dev/null
    settings() { set -a; . "$ready"; set +a; unset GETCOURSE_KEY; }
    run() { (cd "$work" && PATH=$prefix/bin:$PATH GCMIRROR_PACING_FIRST_POLL=50ms eval "${1//\/etc\/gcmirror/$work}"); }
    settings
    chmod 755 "$work"
    fresh() {
        sed "s|^data_dir = .*|data_dir = \"$work/data\"|" "$prefix/etc/gcmirror/gcmirror.toml" > "$config"
        sed -n 's/^GETCOURSE_KEY=//p' "$ready" > "$work/key"
        chmod 600 "$work/key"
    }
    fresh
    a_day /etc/gcmirror
    run "gcmirror db stop"
    rm -rf "$work/data"
    fresh
    again /etc/gcmirror
}

completes() {  # what bash offers
    local offered
    offered=$(bash -c '. "$1"; COMP_WORDS=(gcmirror db st); COMP_CWORD=2; _gcmirror; echo "${COMPREPLY[*]}"
        COMP_WORDS=(gcmirror report --format ""); COMP_CWORD=3; _gcmirror; echo "${COMPREPLY[*]}"
        COMP_WORDS=(gcmirror report rev); COMP_CWORD=2; _gcmirror; echo "${COMPREPLY[*]}"' _ "$1")
    [ "$offered" = $'start stop\ntable csv json html xlsx\nrevenue_by_day' ] || fail "bash completes: $offered"
}

package() {
    local list info
    list=$(dpkg-deb -c "$1") info=$(dpkg-deb -f "$1")
    for file in ./usr/bin/gcmirror ./etc/gcmirror/gcmirror.toml ./usr/lib/systemd/system/gcmirror.service ./usr/share/man/man1/gcmirror.1.gz; do
        expect "root/root .* $file\$" "$list"
    done
    expect '^Depends: .*adduser' "$info"
    expect '^Depends: .*libpocofoundation' "$info"
    expect '^Recommends: postgresql' "$info"
    dpkg-deb -e "$1" "$work/control"
    for script in postinst prerm postrm; do sh -n "$work/control/$script"; done
    grep -qx /etc/gcmirror/gcmirror.toml "$work/control/conffiles" || fail "the configuration is no conffile"
    dpkg-deb --fsys-tarfile "$1" | tar -xO ./etc/gcmirror/gcmirror.toml | grep -q '^data_dir = "/var/lib/gcmirror"' || fail "data_dir of the package"
    ! dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/lib/systemd/system/gcmirror.service | grep -q "^ExecStart=/usr/local" || fail "the unit of the package starts /usr/local"
    echo "package: ok"
}

in_root() { chroot "$work/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    bash -c "cd /root; set -a; [ ! -f /root/ready ] || . /root/ready; unset GETCOURSE_KEY; GCMIRROR_PACING_FIRST_POLL=50ms; $1"; }

bare_root() {
    step "a bare Debian 12"
    mmdebstrap --variant=minbase --quiet bookworm "$work/root" 2>"$work/debootstrap.log" || { cat "$work/debootstrap.log"; fail "mmdebstrap"; }
    rm -rf "$work/root/etc/apt/apt.conf.d" "$work/root/etc/apt/sources.list.d"
    cp -r /etc/apt/apt.conf.d /etc/apt/sources.list.d "$work/root/etc/apt/"   # the mirrors of this machine
    [ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$work/root/etc/apt/"
    cp /etc/resolv.conf /etc/hosts "$work/root/etc/"
    rm -f "$work"/root/etc/apt/apt.conf.d/*{docker,packagekit,appstream}*
    echo 'APT::Get::Assume-Yes "true";' > "$work/root/etc/apt/apt.conf.d/assume-yes"
    printf '#!/bin/sh\nexit 101\n' > "$work/root/usr/sbin/policy-rc.d"   # no init here
    chmod +x "$work/root/usr/sbin/policy-rc.d"
    mount -t proc proc "$work/root/proc"
    mkdir -p "$work/root/dev/shm" && mount -t tmpfs tmpfs "$work/root/dev/shm"
    chmod 1777 "$work/root/dev/shm"
}

the_chroot() {
    bare_root
    port=$(free_port) config=$work/root/etc/gcmirror/gcmirror.toml
    run() { in_root "$1"; }
    run "apt-get update -qq"
    if [ -n "$old" ]; then
        cp "$old" "$work/root/root/old.deb"
        step "apt install of an older version"
        run "apt-get install -y -qq ./old.deb" >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; fail "apt install of the older version"; }
    fi
    cp "$1" "$work/root/root/"
    install_line="sudo apt install ./$(basename "$1")"
    grep -qF "$install_line" README.md || fail "README does not say: $install_line"
    step "$install_line"
    run "apt-get install -y -qq ./$(basename "$1")" >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; fail "apt install"; }
    run "gcmirror --version"
    [ "$(run "stat -c %U:%a /var/lib/gcmirror /etc/gcmirror/gcmirror.toml")" = $'gcmirror:700\nroot:640' ] || fail "owners of data and settings"
    school "$work/root/root" /root chroot "$work/root" /usr/bin/gcmirror
    key() {
        sed -n 's/^GETCOURSE_KEY=//p' "$ready" | run "install -m 640 -g gcmirror /dev/stdin /etc/gcmirror/key"
    }
    key
    a_day /etc/gcmirror
    [ "$(run "stat -c %U /var/lib/gcmirror/pg")" = gcmirror ] || fail "root's commands made a database of root's"
    step "the same as the service's own user"
    run "runuser -u gcmirror -- env HOME=/ gcmirror status" >/dev/null
    step "apt reinstall: an upgrade keeps data and settings"
    run "apt-get install -y -qq --reinstall ./$(basename "$1")" >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; fail "reinstall"; }
    expect ' 1$' " $(run "gcmirror db psql -- -At -c 'SELECT count(*) FROM journal.run WHERE loaded_at IS NOT NULL'")"
    step "apt remove keeps them, too"
    run "apt-get remove -y -qq gcmirror" >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; fail "apt remove"; }
    if [ ! -d "$work/root/var/lib/gcmirror/pg" ] || [ ! -f "$config" ]; then fail "apt remove took data or settings"; fi
    ! pgrep -f "$work/root|/var/lib/gcmirror/pg" >/dev/null || fail "the private PostgreSQL was left running"
    readme "sudo apt purge gcmirror" >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; fail "apt purge"; }
    if [ -e "$work/root/var/lib/gcmirror" ] || [ -e "$work/root/etc/gcmirror" ]; then fail "apt purge left data or settings"; fi
    ! run "getent passwd gcmirror" || fail "apt purge left the user"
    step "$install_line, again"
    run "apt-get install -y -qq ./$(basename "$1")" >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; fail "apt install"; }
    key
    again /etc/gcmirror
}

case $mode in
    quick) quick "$subject" ;;
    package) package "$subject" ;;
    chroot) package "$subject"; the_chroot "$subject" ;;
    *) sed -n '2,7s/^# //p' "$0"; exit 2 ;;
esac
echo "install.sh $mode: ok"
