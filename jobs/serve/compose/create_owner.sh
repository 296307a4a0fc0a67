#!/bin/bash
# Run once by the PostgreSQL image on an empty volume: the role gcmirror connects as owns its
# database and may make the readers' roles, and is no superuser.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v password="$(cat /run/secrets/database_password)" \
    --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE gcmirror LOGIN CREATEROLE NOSUPERUSER PASSWORD :'password';
CREATE DATABASE gcmirror OWNER gcmirror TEMPLATE template0 ENCODING 'UTF8';
SQL
