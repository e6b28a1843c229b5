#!/usr/bin/env bash
# Live proof of the backups of a plain PostgreSQL tier: its Jobs, run from the rendered files against a real server on
# loopback, which is damaged and then restored.
#
#   tests/engines/postgres-backup.sh TREE      (with a tier `db` that is backed up and keeps 3)
#
# Commands and variables are those of the CronJobs; only the paths, the server's address and the store's are moved.
# SH="busybox sh" runs the scripts under another shell. With an object store, a server of SeaweedFS is it.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed.
set -Eeuo pipefail
set -m

readonly LIMIT=150 PASSWORD="sup'er\\s:e \$cret" STORE_KEY=id STORE_SECRET='se cret'
work="" server_pid="" store_pid=""
# what the machine has for its own clients of S3 is not for this one
unset AWS_CA_BUNDLE
here=$(cd "$(dirname "$0")" && pwd)

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    rendered=$(cd "$1/db" && pwd)
    for file in backup-cronjob.yaml restore-cronjob.yaml; do
        [ -f "$rendered/$file" ] || { echo "no $rendered/$file" >&2; exit 2; }
    done
    store=
    ! [ -f "$rendered/files/db-backup/store.sh" ] || store=yes
    find_programs
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    lay_out

    a_server_with_data
    it_is_dumped
    damage_is_undone
    passwords_are_those_of_today
    connected_clients_are_a_reason_to_refuse
    a_failed_restore_changes_nothing
    an_empty_server_is_filled
    a_server_that_is_down_fails_the_backup
    a_full_disk_fails_the_backup
    a_killed_dump_is_never_counted
    a_changed_dump_is_refused
    only_so_many_are_kept
    a_person_can_name_a_backup
    say "all steps passed in $SECONDS s${store:+, with an object store}"
}

# --- steps -----------------------------------------------------------------------------------------------------------

a_server_with_data() {
    step "a server with roles, owners, rights, a sequence, large objects, and a database of its own locale"
    new_server
    sql shop <<'SQL'
create role reader nologin;
create role clerk login password 'clerk of then' connection limit 5;
grant reader to clerk;
create table item (id serial primary key, name text not null, made timestamptz default now());
insert into item (name) select 'item ' || n from generate_series(1, 5000) n;
create index on item (name);
alter table item owner to clerk;
grant select on item to reader;
create schema billing authorization clerk;
create view billing.names as select name from item;
alter database shop set work_mem = '5MB';
select lo_from_bytea(4242, 'a large object');
create database audit;
create database foreign_words template template0 encoding 'UTF8' locale 'C';
SQL
    sql foreign_words <<<"create table word as select 'größe' as it;"
    before=$(state)
    [[ $before == *"5000|5000|"* ]] || fail "the data is not there: $before"
}

it_is_dumped() {
    step "a backup is a folder with every database and the roles, and no password is on a command line"
    backup_runs
    newest
    local files
    files=$(cd "$backups/$name" && echo *)
    [ "$files" = "SHA256SUMS audit.dump foreign_words.dump globals.sql postgres.dump shop.dump" ] || fail "it has $files"
    ! grep -qF -- "$PASSWORD" "$work/log" || fail "the password is in the log"
    [ -z "$(ls -A "$work/tmp")" ] || fail "files are left: $(ls -A "$work/tmp")"
}

damage_is_undone() {
    step "rows, tables, roles, owners, rights, sequences and settings are back after a restore"
    sleep 1.1
    sql shop <<'SQL'
delete from item where id % 2 = 0;
alter sequence item_id_seq restart with 3;
drop view billing.names;
alter table item owner to shop;
revoke all on item from reader;
select lo_unlink(4242);
create table made_since (it int);
SQL
    sql postgres <<<"alter database shop reset all; drop database foreign_words;"
    [ "$(state 2>/dev/null || echo gone)" != "$before" ] || fail "nothing is damaged"
    restore_runs
    is "$(state)" "$before" "the restored data"
    is "$(ask shop "select to_regclass('made_since') is null")" t "what was made since"
    is "$(ask shop "insert into item (name) values ('next') returning id")" 5001 "the sequence"
    local aside
    aside=$(ask postgres "select datname from pg_database where datname like 'shop.before.%'")
    is "$(ask "$aside" "select count(*) from made_since")" 0 "what was damaged, kept aside,"
    sql shop <<<"delete from item where id = 5001; select setval('item_id_seq', 5000);"
    sleep 1.1
    backup_runs
    newest
    ! ls "$backups/$name" | grep -q before || fail "what is aside was backed up"
    sql postgres <<<"drop database \"$aside\";"
}

passwords_are_those_of_today() {
    step "roles that are gone come back; those that are there keep the passwords of today"
    sql postgres <<<"alter role clerk password 'clerk of now';"
    sql postgres <<<"alter role clerk connection limit -1;"
    restore_runs
    drop_what_is_aside
    PGPASSWORD='clerk of now' client shop clerk -c "" || fail "the password of today does not open"
    is "$(ask postgres "select rolconnlimit from pg_roles where rolname = 'clerk'")" 5 "the role's limit"
    ! grep -q 'SCRAM-SHA-256\$' "$work/server.log" || fail "a password's verifier is in the server's log"
}

connected_clients_are_a_reason_to_refuse() {
    step "a restore is refused while clients are connected, unless it may end their sessions"
    client shop "$owner" -c "select pg_sleep(60)" >/dev/null 2>&1 &
    wait_until 5 "the client is connected" connected
    ! restore || fail "it was not refused"
    in_log "refused: 1 sessions are connected to shop" || fail "it was refused for something else"
    FORCE=yes restore_runs
    drop_what_is_aside
    is "$(state)" "$before" "the restored data"
}

a_failed_restore_changes_nothing() {
    step "a restore that fails half-way leaves every database as it was"
    newest
    local bad=$backups/20990101T000000Z
    cp -r "$backups/$name" "$bad"
    # the last database of the backup: those before it are restored by then
    head -c 300 "$backups/$name/shop.dump" >"$bad/shop.dump"
    (cd "$bad" && sha256sum -- globals.sql *.dump >SHA256SUMS)
    own "$backups"
    upload
    sql audit <<<"create table of_today as select 1 as it;"
    ! BACKUP=20990101T000000Z restore || fail "it did not fail"
    in_log "the databases are those that were there" || fail "it does not say so"
    is "$(ask audit "select it from of_today")" 1 "a database that had been restored"
    is "$(state)" "$before" "a database that could not be"
    is "$(ask postgres "select count(*) from pg_database where datname like '%.before.%'")" 0 "what is aside"
    sql audit <<<"drop table of_today;"
    forget 20990101T000000Z
}

an_empty_server_is_filled() {
    step "a new server, as after the loss of the volume, has it all again"
    stop_server
    rm -rf "$work/data"
    new_server
    restore_runs
    drop_what_is_aside
    is "$(state)" "$before" "the restored data"
    PGPASSWORD='clerk of then' client shop clerk -c "" || fail "a role that was gone has not its password"
}

a_server_that_is_down_fails_the_backup() {
    step "a backup of a server that is down fails, and changes nothing"
    local there
    there=$(list)
    stop_server
    ! backup || fail "it did not fail"
    is "$(list)" "$there" "the backups"
    start_server
}

a_full_disk_fails_the_backup() {
    step "a backup that the disk cannot hold fails, and changes nothing"
    local there
    there=$(list)
    if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
        say "  left out: only root can make a small disk here"
        return
    fi
    mkdir -p "$work/small"
    # a dump of 50 KiB on a disk of 32
    ! unshare -m bash -c 'mount -t tmpfs -o size=32k small "$1" && chmod 777 "$1" && shift && "$@"' _ \
        "$work/small" env SMALL=yes bash "$0" --one-backup "$work" "$rendered" "$port" || fail "it did not fail"
    in_log "No space left on device\|could not write" || fail "it failed for something else"
    in_log "backups that were there are untouched" || fail "it does not say so"
    is "$(list)" "$there" "the backups"
}

a_killed_dump_is_never_counted() {
    step "a dump killed half-way is no backup, and what it left is removed once it cannot be at work"
    local there
    there=$(list_here)
    sleep 1.1
    wrapper pg_dump 'sleep 30'
    PATH=$work/slow:$PATH job backup >>"$work/log" 2>&1 &
    local pid=$!
    wait_until 10 "the dump is under way" half_written
    kill -KILL -- "-$pid"
    wait "$pid" 2>/dev/null || :
    rm "$work/slow/pg_dump"
    is "$(list_here)" "$there" "the backups"
    # with a store, what is left goes with the pod's own claim
    [ -z "$store" ] || return 0
    local part
    part=$(cd "$backups" && echo *.partial)
    # a backup is called after its second
    sleep 1.1
    backup_runs
    [ -e "$backups/$part" ] || fail "a run that may still be at work was disturbed"
    mv "$backups/$part" "$backups/20200101T000000Z.partial"
    sleep 1.1
    backup_runs
    [ ! -e "$backups/20200101T000000Z.partial" ] || fail "it stays for ever"
}

a_changed_dump_is_refused() {
    step "a backup that is not what was written is refused"
    newest
    [ -n "$store" ] || cp "$backups/$name/shop.dump" "$work/saved"
    [ -z "$store" ] || fetch "$name"
    printf X | dd of="$backups/$name/shop.dump" bs=1 seek=5000 conv=notrunc status=none
    own "$backups"
    if [ -n "$store" ]; then send "$name"; fi
    ! BACKUP=$name restore || fail "it was not refused"
    in_log "is not what was written" || fail "it was refused for something else"
    is "$(state)" "$before" "the data"
    [ -n "$store" ] || cp "$work/saved" "$backups/$name/shop.dump"
}

only_so_many_are_kept() {
    step "older backups are removed after a good one, and only then"
    local keep=3 n
    [ -z "$store" ] || keep=
    newest
    for n in 1 2 3; do
        cp -r "$backups/$name" "$backups/202001${n}0T000000Z"
        [ -z "$store" ] || send "202001${n}0T000000Z"
    done
    cp -r "$backups/$name" "$backups/20200105T000000Z"
    rm "$backups/20200105T000000Z/SHA256SUMS"
    own "$backups"
    sleep 1.1
    backup_runs
    local left
    left=$(list)
    [[ $left != *202001?0T* ]] || fail "what is old is still there: $left"
    [ -z "$keep" ] || is "$(wc -w <<<"$left")" "$keep" "the number of backups"
    newest
    is "$(wc -w <<<"$(list | tr ' ' '\n' | grep -x "$name")")" 1 "the newest"
}

# What docs/engines/postgres.md gives a person to type, without the API server.
a_person_can_name_a_backup() {
    command -v kubectl >/dev/null || return 0
    step "a name given by kubectl reaches every container of the Job"
    local job told
    job=$(python3 - "$rendered/restore-cronjob.yaml" <<'PYTHON'
import sys, yaml
cron_job = yaml.safe_load(open(sys.argv[1]))["spec"]
assert cron_job["suspend"] is True
print(yaml.safe_dump({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "it"}, "spec": cron_job["jobTemplate"]["spec"]}))
PYTHON
    )
    told=$(kubectl set env --local -f - -o yaml BACKUP=20260131T030000Z DATABASES='shop audit' <<<"$job")
    is "$(grep -c '20260131T030000Z' <<<"$told")" "$(grep -c '  image: ' <<<"$told")" "the containers that are told"
}

# --- the tier's Jobs -------------------------------------------------------------------------------------------------

# job NAME: its containers, one after the other, as the kubelet does.
job() {
    local file=$rendered/$1-cronjob.yaml containers container
    containers=$(python3 - "$file" <<'PYTHON'
import sys, yaml
pod = yaml.safe_load(open(sys.argv[1]))["spec"]["jobTemplate"]["spec"]["template"]["spec"]
for kind in ("initContainers", "containers"):
    print("\n".join(f"{kind}/{index}" for index in range(len(pod.get(kind, [])))))
PYTHON
    )
    # a claim of the pod's own begins empty
    [ -z "$store" ] || rm -rf "${backups:?}"/[0-9]*
    for container in $containers; do
        as_user env POD_MOVED="$moved" POD_CONTAINER="$container" STACKGEN_ETC="$work/etc" STACKGEN_RUN="$work/tmp" \
            STACKGEN_BACKUPS="$backups" RCLONE_CONFIG_STORE_FORCE_PATH_STYLE=true HOME="$work/tmp" \
            ${BACKUP:+BACKUP="$BACKUP"} ${FORCE:+FORCE="$FORCE"} PATH="$PATH" \
            python3 "$here/pod.py" "$file" db-job start || return 1
    done
}

backup() { job backup >>"$work/log" 2>&1; }
restore() { : >"$work/log"; job restore >>"$work/log" 2>&1; }
backup_runs() { : >"$work/log"; backup || fail "the backup failed"; }
restore_runs() { restore || fail "the restore failed"; }

# Whole backups, where they are kept.
list() {
    if [ -n "$store" ]; then
        remote lsf --recursive --files-only --include '/*/SHA256SUMS' "STORE:backups/shop/db" | sed 's,/.*,,' | sort | xargs
    else
        list_here
    fi
}

list_here() {
    local folder
    for folder in "$backups"/[0-9]*Z; do
        [ ! -e "$folder/SHA256SUMS" ] || printf '%s ' "${folder##*/}"
    done | sed 's/ $//'
}

newest() {
    name=$(list | tr ' ' '\n' | tail -n 1)
    [ -n "$name" ] || fail "there is no backup"
    [ -z "$store" ] || fetch "$name"
}

half_written() {
    local found
    found=$(cd "$backups" && echo *.partial)
    [ -e "$backups/$found/globals.sql" ]
}

# --- the store -------------------------------------------------------------------------------------------------------

remote() {
    RCLONE_CONFIG=$work/none RCLONE_CONFIG_STORE_TYPE=s3 RCLONE_CONFIG_STORE_PROVIDER=Other \
        RCLONE_CONFIG_STORE_ENDPOINT="http://127.0.0.1:$store_port" RCLONE_CONFIG_STORE_ACCESS_KEY_ID=$STORE_KEY \
        RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY=$STORE_SECRET timeout 20 rclone "$@" 2>>"$work/rclone.log"
}

fetch() { remote copy "STORE:backups/shop/db/$1" "$backups/$1" || fail "cannot fetch $1"; own "$backups"; }
send() { remote copy --ignore-times "$backups/$1" "STORE:backups/shop/db/$1" || fail "cannot send $1"; }
upload() { [ -z "$store" ] || send 20990101T000000Z; }
forget() {
    rm -rf "${backups:?}/$1"
    [ -z "$store" ] || remote purge "STORE:backups/shop/db/$1"
}

start_store() {
    [ -n "$store" ] || return 0
    store_port=$(free_port 3)
    cat >"$work/s3.json" <<JSON
{"identities": [{"name": "backup", "credentials": [{"accessKey": "$STORE_KEY", "secretKey": "$STORE_SECRET"}],
  "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
JSON
    mkdir "$work/weed"
    (cd "$work/weed" && exec weed server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir="$work/weed" -s3 \
        -s3.port="$store_port" -s3.config="$work/s3.json" -master.port="$(free_port 4)" \
        -volume.port="$(free_port 5)" -filer.port="$(free_port 6)" -master.volumeSizeLimitMB=64 \
        >"$work/weed.log" 2>&1 </dev/null) &
    store_pid=$!
    wait_until 40 "the object store answers" remote mkdir STORE:backups
}

# --- the server ------------------------------------------------------------------------------------------------------

new_server() {
    printf '%s' "$PASSWORD" >"$work/etc/secrets/password"
    as_user "$bin/initdb" --username="$owner" --pwfile="$work/etc/secrets/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 -D "$work/data" >"$work/initdb.log" 2>&1 || fail "initdb failed"
    start_server
    sql postgres <<<"create database shop;"
}

start_server() {
    as_user "$bin/postgres" -D "$work/data" -c listen_addresses=127.0.0.1 -p "$port" -c unix_socket_directories= \
        -c fsync=off -c log_statement=all >>"$work/server.log" 2>&1 </dev/null &
    server_pid=$!
    wait_until 20 "the server answers" "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"
}

stop_server() {
    as_user "$bin/pg_ctl" -D "$work/data" -m fast -w stop >/dev/null || fail "the server does not stop"
    wait "$server_pid" 2>/dev/null || :
    server_pid=
}

# Everything that must be the same after a restore.
state() {
    ask shop "select count(*), max(id), (select last_value from item_id_seq), md5(string_agg(id || name || made, ',' order by id)) from item"
    ask shop "select tableowner, has_table_privilege('reader', 'item', 'select'), pg_has_role('clerk', 'reader', 'member') from pg_tables where tablename = 'item'"
    ask shop "select viewowner, (select nspowner::regrole from pg_namespace where nspname = 'billing') from pg_views where schemaname = 'billing'"
    ask shop "select convert_from(lo_get(4242), 'UTF8'), current_setting('work_mem')"
    ask shop "select rolcanlogin, rolconnlimit from pg_roles where rolname = 'clerk'"
    ask foreign_words "select it, (select datcollate from pg_database where datname = current_database()) from word"
}

drop_what_is_aside() {
    local aside
    for aside in $(ask postgres "select datname from pg_database where datname like '%.before.%'"); do
        sql postgres <<<"drop database \"$aside\";"
    done
}

connected() { [ "$(ask postgres "select count(*) from pg_stat_activity where query like '%pg_sleep(60)' and datname = 'shop'")" = 1 ]; }

# client DATABASE USER ARGUMENT…
client() {
    PGPASSWORD=${PGPASSWORD-$PASSWORD} PGCONNECT_TIMEOUT=5 "$bin/psql" -wXqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" \
        -d "$1" -U "$2" "${@:3}"
}

sql() { client "$1" "$owner" >>"$work/sql.log" 2>&1 || fail "SQL failed"; }
ask() { client "$1" "$owner" -c "$2" 2>>"$work/sql.log"; }

# --- layout ----------------------------------------------------------------------------------------------------------

find_programs() {
    bin=
    local candidate
    for candidate in /usr/bin /usr/local/bin /usr/lib/postgresql/*/bin; do
        [ ! -x "$candidate/postgres" ] || bin=$candidate
    done
    [ -n "$bin" ] || skip "no PostgreSQL server is installed"
    python3 -c 'import yaml' 2>/dev/null || skip "python3 has no yaml"
    PATH=$bin:${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}/bin:$PATH
    if [ -n "$store" ]; then
        for candidate in rclone weed; do command -v "$candidate" >/dev/null || skip "$candidate is not installed"; done
    fi
    owner=shop become=()
    if [ "$(id -u)" = 0 ]; then
        local user=postgres
        id "$user" >/dev/null 2>&1 || user=nobody
        command -v setpriv >/dev/null || skip "setpriv is needed to leave root"
        become=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
    fi
}

lay_out() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/stackgen-backup.XXXXXX")
    backups=$work/backup port=$(free_port 1)
    mkdir -p "$work/etc/secrets" "$work/etc/store" "$work/tmp" "$work/slow" "$backups"
    cp "$rendered"/files/db-backup/*.sh "$work/etc/"
    chmod 555 "$work"/etc/*.sh
    printf '%s\n' "$PASSWORD" >"$work/etc/secrets/password"
    printf '%s\n' "$STORE_KEY" >"$work/etc/store/access-key-id"
    printf '%s' "$STORE_SECRET" >"$work/etc/store/secret-access-key"
    : >"$work/log"
    own "$work"
    start_store
    set_moved
}

set_moved() {
    moved="/etc/postgres/pg_dump.sh=>$work/etc/run-pg_dump.sh
/etc/postgres/pg_restore.sh=>$work/etc/run-pg_restore.sh
/etc/postgres/store.sh=>$work/etc/run-store.sh
/etc/postgres/store/ca.crt=>
/etc/postgres=>$work/etc
/tmp/rclone.conf=>$work/tmp/rclone.conf
https://s3.example.com=>http://127.0.0.1:${store_port:-0}
5432=>$port"
    local script
    for script in pg_dump pg_restore store; do
        printf '#!/bin/sh\n[ "$PGHOST" != db ] || export PGHOST=127.0.0.1\nexec %s %s "$@"\n' "${SH:-sh}" "$work/etc/$script.sh" \
            >"$work/etc/run-$script.sh"
        chmod 755 "$work/etc/run-$script.sh"
    done
}

wrapper() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/slow/$1"
    chmod 755 "$work/slow/$1"
}

as_user() { (cd / && exec ${become[@]+"${become[@]}"} "$@"); }
own() { chmod 755 "$work"; [ ${#become[@]} -eq 0 ] || chown -R "${become[1]#*=}:${become[2]#*=}" "$1"; }

free_port() {
    local candidate
    for candidate in $(seq $((20000 + ($$ + $1 * 997) % 12000)) 45000); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

wait_until() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" 2>/dev/null; do
        [ "$SECONDS" -lt "$limit" ] || fail "in time: $what"
        [ "$SECONDS" -lt "$LIMIT" ] || fail "the whole test took more than $LIMIT s"
        sleep 0.1
    done
}

# --- report and cleaning up ------------------------------------------------------------------------------------------

is() { [ "$1" = "$2" ] || fail "$3: '$1', not '$2'"; }
in_log() { grep -q -- "$1" "$work/log"; }
say() { printf '%s\n' "$*"; }
step() { printf '[%2d s] %s\n' "$SECONDS" "$*"; }
skip() { say "skipped: $*"; exit 0; }

fail() {
    say "FAILED: $*"
    local log
    for log in "$work"/log "$work"/sql.log "$work"/server.log "$work"/weed.log "$work"/rclone.log; do
        [ ! -s "$log" ] || { say "--- ${log#"$work"/}"; tail -n 15 "$log"; }
    done
    exit 1
}

clean_up() {
    local code=$?
    trap - EXIT
    exec 2>/dev/null # the shell's notes about the processes killed here
    [ -z "$server_pid" ] || kill -QUIT "$server_pid" || :
    [ -z "$store_pid" ] || kill -KILL -- "-$store_pid" || :
    sleep 0.3
    [ -z "$work" ] || rm -rf "$work"
    exit "$code"
}

# A single backup into a small disk, in a mount namespace where there is one: see a_full_disk_fails_the_backup.
if [ "${1:-}" = --one-backup ]; then
    work=$2 rendered=$3 port=$4 backups=$2/small store=
    ! [ -f "$rendered/files/db-backup/store.sh" ] || store=yes
    find_programs
    set_moved
    store=
    : >"$work/log"
    backup
    exit
fi
main "$@"
