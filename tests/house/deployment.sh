#!/usr/bin/env bash
# The deployment files fit the program: deployment.sh PROGRAM. Compose is checked where docker-compose is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1 failed=0
if command -v docker-compose >/dev/null; then
    docker-compose config -q && docker-compose --profile grafana config -q && echo "docker-compose.yml: valid"
else
    echo "docker-compose.yml: not checked, there is no docker-compose"
fi
stage=$(awk '/^FROM/ {n++} n == 2' Dockerfile)
while read -r library; do   # every library the program names must be in the image's second stage
    path=$(ldd "$program" | awk -v l="$library" '$1 == l {print $3}')
    [ -n "$path" ] || continue   # the loader itself
    package=$(dpkg -S "$(readlink -f "$path")" 2>/dev/null || dpkg -S "$path"); package=${package%%:*}
    case $package in libc6|libgcc-s1|libstdc++6) continue ;; esac
    grep -qw -- "$package" <<<"$stage" || { echo "Dockerfile: the second stage lacks $package (for $library)"; failed=1; }
done < <(objdump -p "$program" | awk '/NEEDED/ {print $2}')
. cmake/setup.sh
for package in "${run_packages[@]}"; do   # and everything that run.sh installs to build, in the first
    case $package in ccache|mold|postgresql|postgresql-client) continue ;; esac
    awk '/^FROM/ {n++} n == 1' Dockerfile | grep -qw -- "$package" || { echo "Dockerfile: the first stage lacks $package"; failed=1; }
done
for word in NoNewPrivileges=yes ProtectSystem=strict PrivateTmp=yes KillMode=mixed Type=notify WatchdogSec=; do
    grep -q "^$word" jobs/serve/systemd/gcmirror.service || { echo "gcmirror.service lacks $word"; failed=1; }
done
for file in docker-compose.yml Dockerfile; do   # exact versions only
    grep -E '^ *(image:|FROM) ' "$file" | grep -vE ':[0-9]+\.[0-9]+' && { echo "$file: an image without an exact version"; failed=1; }
done
for limit in mem_limit pids_limit logging; do   # one for each service: what all share stands in the anchor
    [ "$(grep -cE "^ +(<<: \*closed|$limit:)" docker-compose.yml)" -ge 4 ] || { echo "docker-compose.yml: a service lacks $limit"; failed=1; }
done
for unit in gcmirror gcmirror-sender gcmirror-fleet; do
    command -v systemd-analyze >/dev/null || break
    file=jobs/serve/systemd/$unit.service
    # of what stands in the unit; the binary's path is not on this machine
    systemd-analyze verify "$file" 2>&1 | grep -v "Command /usr/local/bin/gcmirror is not executable" | grep "$unit.service" && failed=1
    # 0 closed, 10 open
    exposure=$(systemd-analyze security --offline=true --no-pager "$file" | sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
    awk -v e="${exposure:-10}" 'BEGIN {exit !(e <= 2.0)}' || { echo "$unit.service: exposure $exposure, expected at most 2.0"; failed=1; }
done
[ $failed = 0 ] && echo "Dockerfile and unit: ok"
exit $failed
