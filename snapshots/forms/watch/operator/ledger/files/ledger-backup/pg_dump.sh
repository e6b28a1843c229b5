#!/bin/sh
# Dumps every database of the server, and its roles, into a new folder of the volume.
#
# A backup is a folder BEGAN (UTC, 20260131T030000Z) with globals.sql, one DATABASE.dump each, and SHA256SUMS. It has
# that name only when it is whole: written, read back, and on the disk. Older ones are removed only after that.
#
# From the pod:   PGHOST, PGPORT, PGUSER, PGDATABASE
# For other uses: STACKGEN_ETC, STACKGEN_RUN, STACKGEN_BACKUPS move paths
set -eu
umask 077
LC_ALL=C
export LC_ALL

etc=${STACKGEN_ETC:-/etc/postgres}
run=${STACKGEN_RUN:-/tmp}
backups=${STACKGEN_BACKUPS:-/backup}
keep_count=7
keep_days=
deadline=21600
part=

main() {
    [ -w "$backups" ] || refuse "cannot write to $backups"
    if [ "${1:-}" = check ]; then
        say "can write to $backups"
        return
    fi
    trap clean_up EXIT
    trap 'exit 143' INT TERM
    discard_leftovers
    write_passfile
    began=$(date -u +%Y%m%dT%H%M%SZ)
    [ ! -e "$backups/$began" ] || refuse "there is a backup of this second"
    part=$backups/$began.partial
    mkdir "$part"
    dump
    verify
    (cd "$part" && sha256sum -- globals.sql *.dump >SHA256SUMS)
    to_disk "$part/SHA256SUMS" "$part"
    mv "$part" "$backups/$began"
    part=
    to_disk "$backups"
    say "$began: $(du -sk "$backups/$began" | cut -f 1) KiB"
    remove_old
}

# What a restore put aside is left out: it is somebody's to look at and to drop, and its name is no name of a file here.
# Each database is consistent in itself: pg_dump reads one snapshot. It also puts each file on the disk before it ends.
dump() {
    pg_dumpall --no-password --globals-only --file="$part/globals.sql"
    psql --no-psqlrc --no-password -Atqc "select datname from pg_database where datallowconn and not datistemplate
            and datname !~ '[.]before[.][0-9]{8}T[0-9]{6}Z\$'" \
        >"$run/databases"
    while IFS= read -r database; do
        case $database in
            '' | -* | *[!A-Za-z0-9_-]*) refuse "no file can be named after the database '$database': rename it" ;;
        esac
        pg_dump --no-password --format=custom --file="$part/$database.dump" --dbname="$database"
    done <"$run/databases"
}

# Reads all of each file, which a list of its contents would not.
verify() {
    grep -q '^-- PostgreSQL database cluster dump complete' "$part/globals.sql" || refuse "globals.sql is cut off"
    for file in "$part"/*.dump; do
        [ -s "$file" ] || refuse "no database was dumped"
        pg_restore --file=/dev/null "$file"
    done
}

# --- older backups ---------------------------------------------------------------------------------------------------

remove_old() {
    # shellcheck disable=SC2046 # names without spaces
    set -- $(whole)
    if [ -n "$keep_count" ]; then
        while [ "$#" -gt "$keep_count" ]; do
            remove "$1"
            shift
        done
    elif [ -n "$keep_days" ]; then
        limit=$(moment $((keep_days * 86400)))
        while [ "$#" -gt 1 ] && [ "$(number "$1")" -lt "$limit" ]; do
            remove "$1"
            shift
        done
    fi
}

# Whole backups, the oldest first.
whole() {
    for folder in "$backups"/[0-9]*T[0-9]*Z; do
        [ ! -s "$folder/SHA256SUMS" ] || printf '%s\n' "${folder##*/}"
    done
}

# Under another name first: a backup that is half removed is none.
remove() {
    say "removing $1"
    mv "$backups/$1" "$backups/$1.removed"
    rm -rf "$backups/$1.removed"
}

# What a killed Job left. One that began within the deadline may still be at work.
discard_leftovers() {
    limit=$(moment "$deadline")
    for folder in "$backups"/*.removed "$backups"/*.partial; do
        [ -d "$folder" ] || continue
        name=${folder##*/}
        case $name in
            *.partial) [ "$(number "${name%.partial}")" -lt "$limit" ] || continue ;;
        esac
        say "removing $folder, left by an interrupted run"
        rm -rf "$folder"
    done
}

# moment AGE: as number() writes it, so many seconds ago.
moment() {
    date -u -d "@$(($(date +%s) - $1))" +%Y%m%d%H%M%S
}

number() {
    printf '%s\n' "$1" | tr -cd 0-9
}

# --- helpers ---------------------------------------------------------------------------------------------------------

# libpq wants its own format, and no rights for others, which a mounted secret cannot promise.
write_passfile() {
    password=$(cat "$etc/secrets/password")
    PGPASSFILE=$run/backup.pgpass
    export PGPASSFILE
    printf '%s\n' "$password" | sed 's/[\\:]/\\&/g; s/^/*:*:*:*:/' >"$PGPASSFILE"
    unset password
}

to_disk() {
    sync "$@" 2>/dev/null || sync
}

clean_up() {
    code=$?
    [ -z "$part" ] || rm -rf "$part"
    rm -f "$run/backup.pgpass" "$run/databases"
    [ "$code" -eq 0 ] || say "failed ($code); backups that were there are untouched"
    exit "$code"
}

say() {
    printf 'pg_dump.sh: %s\n' "$*" >&2
}

refuse() {
    say "refused: $*"
    exit 1
}

main "$@"
