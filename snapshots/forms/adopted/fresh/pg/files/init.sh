#!/bin/sh
# The image sources this file, or runs it if it is executable: the subshell keeps its options and variables apart.
(
    set -eu

    : "${POSTGRES_USER:=postgres}"
    : "${POSTGRES_DB:=$POSTGRES_USER}"
    # The image sets PGPASSWORD; by hand it comes from the same file.
    PGPASSWORD=${PGPASSWORD:-$(cat "$POSTGRES_PASSWORD_FILE")}
    PGHOST=${STACKGEN_RUN:-/var/run/postgresql}
    REPLICATION_PASSWORD_FILE=${STACKGEN_ETC:-/etc/postgres}/secrets/replication-password
    export PGPASSWORD PGHOST REPLICATION_PASSWORD_FILE
    unset PGHOSTADDR

    sql() {
        psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 \
            --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"
    }

    create_database() {
        sql --set=name="$1" <<'SQL'
select format('create database %I', :'name')
where not exists (select from pg_database where datname = :'name') \gexec
SQL
    }

    # psql reads the file itself: the password is on no command line and, with these settings, in no log.
    create_replicator() {
        sql <<'SQL'
set log_statement = 'none';
set log_min_error_statement = 'panic';
set log_min_duration_statement = -1;
\set password `printf %s "$(cat "$REPLICATION_PASSWORD_FILE")"`
select 'create role replicator'
where not exists (select from pg_roles where rolname = 'replicator') \gexec
alter role replicator with login replication nosuperuser nocreatedb nocreaterole password :'password';
SQL
    }

    # With the key in the secret, the role is there before the first standby asks for it.
    if [ -s "$REPLICATION_PASSWORD_FILE" ]; then
        create_replicator
    fi
)
