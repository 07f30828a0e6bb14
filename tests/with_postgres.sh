#!/bin/sh
# with_postgres.sh COMMAND …: run COMMAND with DATABASE_URL naming a PostgreSQL of its own in a temporary folder.
# with_postgres.sh --there: say by the exit status whether PostgreSQL's programs are installed.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb 2>/dev/null || true)")
if [ "$1" = --there ]; then
  [ -x "$bin/initdb" ]
  exit
fi

folder=$(mktemp -d)
chmod 755 "$folder"
as=""
if [ "$(id -u)" = 0 ]; then
  # PostgreSQL refuses to run as root.
  chown postgres "$folder"
  as="runuser -u postgres --"
fi
stop() {
  (cd /; $as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1) || true
  rm -rf "$folder"
}
trap stop EXIT INT TERM
(
  cd /
  $as "$bin/initdb" -D "$folder/data" -U study -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
  $as "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
    -o "-k $folder -c listen_addresses='' -c max_connections=60" start >/dev/null
  $as "$bin/createdb" -h "$folder" -U study study
)
DATABASE_URL="postgresql://study@/study?host=$folder" "$@"
