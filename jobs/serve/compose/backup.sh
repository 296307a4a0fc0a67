#!/bin/bash
# A dump a day into /backups, the newest BACKUPS_KEPT of them kept; a failed one is tried again in
# an hour and leaves the older ones alone.
set -euo pipefail
PGPASSWORD=$(cat /run/secrets/database_password)
export PGPASSWORD
while true; do
    name=/backups/gcmirror-$(date -u +%Y-%m-%dT%H%M%SZ).dump
    if pg_dump --host postgres --username gcmirror --format custom --file "$name.new" gcmirror; then
        mv "$name.new" "$name"
        find /backups -name 'gcmirror-*.dump' | sort -r | tail -n "+$((BACKUPS_KEPT + 1))" |
            xargs -r rm --
        sleep 86400
    else
        rm -f "$name.new"
        sleep 3600
    fi
done
