#!/bin/sh
# Puts a backup of pg_dump.sh back: roles, and each database under its own name. The database that is there is renamed
# to NAME.before.NOW and stays until a person drops it. When anything fails, all of them get their names back.
#
# From the pod:   PGHOST, PGPORT, PGUSER
#                 BACKUP      the backup's name; `latest` unless given
#                 DATABASES   those to restore, with spaces between; all of the backup unless given
#                 FORCE       `yes` ends the sessions of clients; otherwise they are a reason to refuse
# For other uses: STACKGEN_ETC, STACKGEN_RUN, STACKGEN_BACKUPS move paths
set -eu
umask 077
LC_ALL=C
PGOPTIONS='-c lc_messages=C'
export LC_ALL PGOPTIONS

etc=${STACKGEN_ETC:-/etc/postgres}
run=${STACKGEN_RUN:-/tmp}
backups=${STACKGEN_BACKUPS:-/backup}
now=$(date -u +%Y%m%dT%H%M%SZ)
aside=
child=

main() {
    trap clean_up EXIT
    trap stopped INT TERM
    choose
    (cd "$backup" && sha256sum -c SHA256SUMS >/dev/null) || refuse "$backup is not what was written"
    databases=${DATABASES:-$(cd "$backup" && for file in *.dump; do printf '%s\n' "${file%.dump}"; done)}
    for database in $databases; do
        [ -s "$backup/$database.dump" ] || refuse "$backup has no database $database"
    done
    write_passfile
    nobody_is_connected
    restore_roles
    for database in $databases; do
        put_aside
        say "restoring $database"
        attend pg_restore --no-password --create --exit-on-error --dbname=template1 "$backup/$database.dump"
    done
    aside=
    # Before 18 a dump has no statistics, and without them queries are planned badly.
    for database in $databases; do
        attend vacuumdb --no-password --quiet --analyze-only --dbname="$database" ||
            say "restored, but not analysed: $database"
    done
    say "restored $name; when all is well, drop the databases *.before.$now"
}

choose() {
    name=${BACKUP:-latest}
    if [ "$name" = latest ]; then
        name=
        for folder in "$backups"/[0-9]*T[0-9]*Z; do
            [ ! -s "$folder/SHA256SUMS" ] || name=${folder##*/}
        done
        [ -n "$name" ] || refuse "there is no whole backup in $backups"
    fi
    case $name in */*) refuse "'$name' is no name of a backup" ;; esac
    backup=$backups/$name
    [ -s "$backup/SHA256SUMS" ] || refuse "$backup is no whole backup; there are: $(cd "$backups" && echo *)"
    say "from $name"
}

nobody_is_connected() {
    for database in $databases; do
        found=$(sql --set=name="$database" <<'SQL'
select count(*) from pg_stat_activity where datname = :'name' and backend_type = 'client backend'
SQL
        )
        [ "$found" = 0 ] || [ "${FORCE:-}" = yes ] || refuse "$found sessions are connected to $database:" \
            "stop what uses it, or set FORCE=yes, which ends them. Nothing was changed."
    done
}

# A role that is there already is no error, and keeps its password: the secrets have the passwords of today, the backup
# those of its day.
restore_roles() {
    {
        cat <<'SQL'
set log_statement = 'none';
set log_min_error_statement = 'panic';
set log_min_duration_statement = -1;
create temp table kept as select rolname, rolpassword from pg_authid where rolpassword is not null;
\set VERBOSITY sqlstate
SQL
        cat "$backup/globals.sql"
        cat <<'SQL'
select format('alter role %I password %L', rolname, rolpassword) from pg_temp.kept \gexec
select 'all';
SQL
    } >"$run/roles.sql"
    sql --set=ON_ERROR_STOP=0 --file="$run/roles.sql" >"$run/roles.out" 2>"$run/roles.err" ||
        refuse "the roles could not be restored: $(head -n 3 "$run/roles.err")"
    [ "$(tail -n 1 "$run/roles.out")" = all ] || refuse "the roles were restored in part"
    # 42710: there is one of that name
    if grep 'ERROR:' "$run/roles.err" | grep -v '42710$' >&2; then
        refuse "the roles were restored with the errors above; no database was changed"
    fi
}

# The name of what is there; what follows the name says when it was put aside.
put_aside() {
    there=$(sql --set=name="$database" <<'SQL'
select count(*) from pg_database where datname = :'name'
SQL
    )
    if [ "$there" = 1 ]; then
        old=$(shortened).before.$now
        [ "${FORCE:-}" != yes ] || end_sessions
        rename "$database" "$old"
        aside="$aside $database:$old"
    else
        aside="$aside $database:"
    fi
}

# A name has 63 bytes at most, and these have one each.
shortened() {
    printf '%.39s' "$database"
}

end_sessions() {
    sql --set=name="$database" >/dev/null <<'SQL'
select pg_terminate_backend(pid) from pg_stat_activity where datname = :'name' and backend_type = 'client backend'
SQL
}

rename() {
    sql --set=from="$1" --set=to="$2" <<'SQL'
alter database :"from" rename to :"to";
SQL
}

# template1 is nobody's: a session in a database would keep it from being renamed.
sql() {
    psql --no-psqlrc --no-password --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname=template1 "$@"
}

# libpq wants its own format, and no rights for others, which a mounted secret cannot promise.
write_passfile() {
    password=$(cat "$etc/secrets/password")
    PGPASSFILE=$run/restore.pgpass
    export PGPASSFILE
    printf '%s\n' "$password" | sed 's/[\\:]/\\&/g; s/^/*:*:*:*:/' >"$PGPASSFILE"
    unset password
}

# As process 1 the shell gets the stop signal alone, and acts on it only between commands or in `wait`.
attend() {
    "$@" &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    return "$status"
}

stopped() {
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || :
    exit 143
}

clean_up() {
    code=$?
    trap - EXIT INT TERM
    for pair in $aside; do
        say "undoing ${pair%%:*}"
        sql --set=name="${pair%%:*}" <<'SQL' || code=2
drop database if exists :"name" with (force);
SQL
        [ -z "${pair#*:}" ] || rename "${pair#*:}" "${pair%%:*}" || code=2
    done
    rm -f "$run/restore.pgpass" "$run/roles.sql" "$run/roles.out" "$run/roles.err"
    case $code in
        0) ;;
        2) say "failed, and not all could be undone: look at the databases *.before.$now" ;;
        *) say "failed ($code); the databases are those that were there" ;;
    esac
    exit "$code"
}

say() {
    printf 'pg_restore.sh: %s\n' "$*" >&2
}

refuse() {
    say "refused: $*"
    exit 1
}

main
