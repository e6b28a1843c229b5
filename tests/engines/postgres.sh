#!/usr/bin/env bash
# Live proof of the plain PostgreSQL tier: two real servers on loopback, run from the rendered files.
#
#   tests/engines/postgres.sh TREE      (with a tier `db` of two replicas)
#
# Only paths, ports and host names are moved: by the environment variables that start.sh documents, and by one line
# added to each copy of postgresql.conf for the folder of the socket. The image's own scripts are replaced by the
# stand-ins below. SH="busybox sh" runs start.sh under another shell.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the servers' logs.
set -Eeuo pipefail
# each start is its own process group, and does not inherit an ignored SIGINT
set -m

declare -A pid=() port=()
work=
readonly LIMIT=60 GRACE=10
readonly PASSWORD="sup'er\\s:e \$cret" REPLICATION_PASSWORD="re'pl\\i:ca \$tion"

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    rendered=$(cd "$1/db/files" && pwd)
    for file in start.sh postgresql.conf pg_hba.conf init.sh; do
        [ -f "$rendered/$file" ] || { echo "no $rendered/$file" >&2; exit 2; }
    done
    find_server
    PATH=$bin:$PATH
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    lay_out

    both_start_together
    first_start_made_everything
    access_is_by_password
    standby_streams
    passwords_stay_in_their_files
    standby_catches_up_without_a_copy
    primary_restarts
    waiting_standby_stops_at_once
    interrupted_copy_is_redone
    lost_slot_is_reported_and_recopied
    interrupted_init_is_redone
    wrong_data_is_refused
    promotion_by_hand
    both_stop_in_time
    say "all steps passed in $SECONDS s"
}

# --- steps -----------------------------------------------------------------------------------------------------------

both_start_together() {
    step "both start at once; the standby waits for the primary"
    start 1
    start 0
    wait_until 20 "the primary accepts connections" ready 0
    wait_until 20 "the standby accepts connections" ready 1
    in_log 1 "waiting for the primary" || fail "the standby did not wait"
}

first_start_made_everything() {
    step "the first start made the role, the databases and ran the stack's own file"
    is 0 "select rolreplication and rolcanlogin and not rolsuper from pg_roles where rolname = 'replicator'" t
    is 0 "select count(*) from pg_authid where rolname in ('app', 'replicator') and rolpassword like 'SCRAM-SHA-256%'" 2
    is 0 "select note from made_by_user_file" "written at first start"
    local name names=()
    while read -r name; do
        eval "names+=($name)"
    done < <(sed -n 's/^ *create_database \(.*\)$/\1/p' "$rendered/init.sh")
    for name in appdb ${names[@]+"${names[@]}"}; do
        query 0 "select 1" "$name" >/dev/null || fail "no database $name"
    done
    is 0 "select count(*) from pg_file_settings where error is not null" 0
    # run again by hand: makes what is missing, fails at nothing that is there
    query 0 "drop role replicator"
    as_node 0 sh "$work/init/00-stackgen.sh" >>"$work/init.log" 2>&1 || fail "init.sh cannot run twice"
    is 0 "select rolreplication from pg_roles where rolname = 'replicator'" t
}

access_is_by_password() {
    step "nobody gets in without a password, and the replication user gets no further than it must"
    ! PGPASSWORD=wrong query 0 "select 1" appdb || fail "a wrong password was accepted"
    ! PGPASSWORD='' psql -wXqAt -h "$work/0/run" -p "${port[0]}" -U app -d appdb -c "select 1" 2>/dev/null ||
        fail "the socket needs no password"
    PGPASSWORD=$REPLICATION_PASSWORD psql -wXqAt -h 127.0.0.1 -p "${port[0]}" -U replicator -d postgres -c "" ||
        fail "the replication user cannot look at its slot"
    ! PGPASSWORD=$REPLICATION_PASSWORD psql -wXqAt -h 127.0.0.1 -p "${port[0]}" -U replicator -d appdb -c "" \
        2>/dev/null || fail "the replication user can open an application's database"
    ! PGPASSWORD=$PASSWORD psql -wXqAt -h 127.0.0.1 -p "${port[0]}" -U app -d "replication=true" -c "" \
        2>/dev/null || fail "another user can replicate"
}

standby_streams() {
    step "a write on the primary is read on the standby, which streams under its pod's name"
    query 0 "create table fact (n int); insert into fact values (1)"
    wait_until 5 "the row arrives" has 1 1
    is 0 "select state from pg_stat_replication where application_name = 'db-1'" streaming
    is 0 "select active and wal_status = 'reserved' from pg_replication_slots where slot_name = 'standby_1'" t
    is 0 "select pg_is_in_recovery()" f
    is 1 "select pg_is_in_recovery()" t
    ! query 1 "insert into fact values (99)" 2>/dev/null || fail "the standby accepts writes"
}

passwords_stay_in_their_files() {
    step "no password on a command line, in a log or in the data folder's configuration"
    local secret
    command_lines_hold_no_password
    for secret in "$PASSWORD" "$REPLICATION_PASSWORD"; do
        ! grep -qF -- "$secret" "$work"/[01]/log "$work"/[01]/data/pgdata/*.conf || fail "in a log or a file"
    done
    [ "$(stat -c %a "$work/1/run/replication.pgpass")" = 600 ] || fail "others can read the passfile"
}

command_lines_hold_no_password() {
    local all
    all=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ') || :
    [[ $all == *primary_slot_name=* || $all == *pg_basebackup* ]] || fail "the command lines cannot be seen"
    [[ $all != *"$PASSWORD"* && $all != *"$REPLICATION_PASSWORD"* ]] || fail "a password is on a command line"
}

standby_catches_up_without_a_copy() {
    step "the standby stops in time on SIGINT, misses writes, and catches up without a new copy"
    local inode
    inode=$(stat -c %i "$work/1/data/pgdata")
    stop 1
    query 0 "insert into fact values (2)"
    start 1
    wait_until 10 "the missed row arrives" has 1 2
    [ "$(stat -c %i "$work/1/data/pgdata")" = "$inode" ] || fail "the data folder is a new one"
    ! in_log 1 "copying from" || fail "it was copied again"
}

primary_restarts() {
    step "the primary restarts; the standby goes on"
    stop 0
    start 0
    wait_until 10 "the primary accepts connections" ready 0
    query 0 "insert into fact values (3)"
    wait_until 15 "the row arrives" has 1 3
}

waiting_standby_stops_at_once() {
    local code=0
    step "a standby that still waits for its primary stops at once"
    stop 1
    mv "$work/1/data/pgdata" "$work/1/away"
    start 1 STACKGEN_HOSTS="127.0.0.1:1 127.0.0.1:${port[1]}"
    wait_until 5 "it waits" in_log 1 "waiting for the primary"
    kill -INT "${pid[1]}"
    wait_until 3 "it stops" gone "${pid[1]}"
    wait "${pid[1]}" || code=$?
    [ "$code" = 143 ] || fail "it stopped with exit code $code"
    unset "pid[1]"
    mv "$work/1/away" "$work/1/data/pgdata"
}

interrupted_copy_is_redone() {
    step "a copy killed half-way is redone"
    rm -rf "$work/1/data/pgdata"
    # test only: slow enough to be caught in the middle
    wrapper pg_basebackup "exec $bin/pg_basebackup --max-rate=2M \"\$@\""
    start 1 PATH="$work/slow:$path"
    wait_until 10 "the copy is under way" test -e "$work/1/data/pgdata.clone/PG_VERSION"
    command_lines_hold_no_password
    kill -KILL -- "-${pid[1]}"
    wait "${pid[1]}" 2>/dev/null || :
    [ ! -e "$work/1/data/pgdata" ] || fail "a half copy is in place"
    start 1
    wait_until 15 "the row arrives" has 1 3
    in_log 1 "removing .*pgdata.clone, left by an interrupted start" || fail "the half copy was not seen"
    is 0 "select count(*) from pg_replication_slots" 1
}

lost_slot_is_reported_and_recopied() {
    step "a standby away for too long says so, and is copied anew when its volume is deleted"
    stop 1
    query 0 "alter system set max_slot_wal_keep_size = '1MB'"
    query 0 "select pg_reload_conf()" >/dev/null
    for _ in 1 2 3; do query 0 "insert into fact values (0); select pg_switch_wal()" >/dev/null; done
    query 0 "checkpoint"
    is 0 "select wal_status from pg_replication_slots" lost
    refuses 1 "slot standby_1 is lost"
    query 0 "alter system reset max_slot_wal_keep_size"
    query 0 "select pg_reload_conf()" >/dev/null
    query 0 "insert into fact values (4)"
    rm -rf "$work/1/data/pgdata"
    start 1
    wait_until 15 "the row arrives" has 1 4
}

interrupted_init_is_redone() {
    step "a first start that is interrupted or fails is done again from the beginning"
    node 2
    echo "select 1 / 0;" >"$work/init/50-user.sql"
    run_to_end 2 POD_NAME=db-0 STACKGEN_HOSTS=127.0.0.1:1 && fail "a failing file was ignored"
    [ ! -e "$work/2/data/pgdata" ] || fail "a half database is in place"
    [ -e "$work/2/data/pgdata.init" ] || fail "the first start did not begin"
    kill_servers_under "$work/2"
    echo "create table made_by_user_file as select 'again' as note;" >"$work/init/50-user.sql"
    run_to_end 2 POD_NAME=db-0 STACKGEN_HOSTS=127.0.0.1:1 -- prepare || fail "the second start failed too"
    in_log 2 "removing .*pgdata.init" || fail "the half database was not seen"
    [ -s "$work/2/data/pgdata/PG_VERSION" ] || fail "it was not redone"
}

# node 2 now holds a complete database of another system
wrong_data_is_refused() {
    local other="$work/2/data/pgdata" before
    step "data that does not belong to a role is refused, and left as it is"
    touch "$other/standby.signal"
    before=$(fingerprint "$other")
    refuses 2 "system identifier" POD_NAME=db-1
    refuses 2 "is a standby's copy" POD_NAME=db-0
    [ "$(fingerprint "$other")" = "$before" ] || fail "the data was changed"
    rm "$other/standby.signal"
    before=$(fingerprint "$other")
    refuses 2 "was a primary" POD_NAME=db-1
    mv "$other" "$work/2/data/17"
    refuses 2 "already holds a database" POD_NAME=db-0 STACKGEN_HOSTS=127.0.0.1:1
    refuses 2 "already holds a database" POD_NAME=db-1
    [ "$(fingerprint "$work/2/data/17")" = "$before" ] || fail "the data was changed"
    rm -rf "$work/2/data/17"
    refuses 2 "already serves a database" POD_NAME=db-0
    [ -z "$(ls -A "$work/2/data")" ] || fail "something was made"
    mv "$work/2/etc/secrets/replication-password" "$work/2/away"
    refuses 2 "needs the secret key replication-password" POD_NAME=db-1
}

promotion_by_hand() {
    step "promotion by hand: the standby becomes the primary, the old primary is refused, then copied"
    query 0 "insert into fact values (5)"
    wait_until 10 "the row arrives" has 1 5
    stop 0
    query 1 "select pg_promote()" >/dev/null
    stop 1
    refuses 1 "was a primary"
    start 1 STACKGEN_PRIMARY=1
    wait_until 10 "the new primary accepts connections" ready 1
    query 1 "insert into fact values (6)"
    refuses 0 "was a primary" STACKGEN_PRIMARY=1
    rm -rf "$work/0/data/pgdata"
    start 0 STACKGEN_PRIMARY=1
    wait_until 15 "the row arrives at ordinal 0" has 0 6
    is 1 "select application_name || ' ' || state from pg_stat_replication" "db-0 streaming"
}

both_stop_in_time() {
    step "SIGINT stops both within $GRACE s"
    stop 1
    stop 0
    ! grep -h PANIC "$work"/[01]/log || fail "a panic in the log"
}

# --- the image's scripts, as stand-ins -------------------------------------------------------------------------------

# STAND-INS, written for this test: what the official image's docker-entrypoint.sh and docker-ensure-initdb.sh do for a
# user that is not root. initdb with the password from the file, a server on the socket only with the given arguments,
# POSTGRES_DB, the files of initdb.d in order, stop; then the entrypoint becomes its arguments.
write_stand_ins() {
    cat >"$work/bin/docker-ensure-initdb.sh" <<'STAND_IN'
#!/usr/bin/env bash
# stand-in for the official image's script of this name
set -Eeuo pipefail
mkdir -p "$PGDATA"
chmod 700 "$PGDATA"
[ ! -s "$PGDATA/PG_VERSION" ] || exit 0
password=$(<"$POSTGRES_PASSWORD_FILE")
unset POSTGRES_PASSWORD_FILE
initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$password") -D "$PGDATA"
export PGPASSWORD=$password
shift
pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@" -c listen_addresses= -p "$PGPORT")" -w start
sql=(psql --no-psqlrc --no-password -v ON_ERROR_STOP=1 -h "$STACKGEN_RUN" --username "$POSTGRES_USER")
"${sql[@]}" --dbname postgres --set db="$POSTGRES_DB" <<<'create database :"db";'
for file in "$STAND_IN_INITDB_D"/*; do
    case $file in
        *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
        *.sql) "${sql[@]}" --dbname "$POSTGRES_DB" -f "$file" ;;
    esac
done
pg_ctl -D "$PGDATA" -m fast -w stop
STAND_IN
    cat >"$work/bin/docker-entrypoint.sh" <<'STAND_IN'
#!/usr/bin/env bash
# stand-in for the official image's script of this name
set -Eeuo pipefail
docker-ensure-initdb.sh "$@"
exec "$@"
STAND_IN
    chmod 755 "$work"/bin/*.sh
}

# --- servers ---------------------------------------------------------------------------------------------------------

find_server() {
    bin=
    local candidate
    for candidate in /usr/lib/postgresql/*/bin /usr/local/bin /usr/bin; do
        if [ -x "$candidate/postgres" ] && [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_basebackup" ]; then
            bin=$candidate
            break
        fi
    done
    [ -n "$bin" ] || skip "no PostgreSQL server is installed"
    [ "$("$bin/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 14 ] || skip "PostgreSQL is older than 14"
    become=()
    if [ "$(id -u)" = 0 ]; then
        local user=postgres
        id "$user" >/dev/null 2>&1 || user=nobody
        command -v setpriv >/dev/null || skip "setpriv is needed to leave root"
        become=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
    fi
}

lay_out() {
    # memory where there is some: this proves behaviour, not the disk
    local base=/tmp
    [ ! -w /dev/shm ] || [ "$(df -Pm /dev/shm | awk 'NR == 2 { print $4 }')" -lt 1024 ] || base=/dev/shm
    work=$(mktemp -d "$base/stackgen-postgres.XXXXXX")
    path=$work/bin:$bin:/usr/local/bin:/usr/bin:/bin
    mkdir "$work/bin" "$work/slow" "$work/init"
    write_stand_ins
    cp "$rendered/init.sh" "$work/init/00-stackgen.sh"
    chmod 644 "$work/init/00-stackgen.sh"
    echo "create table made_by_user_file as select 'written at first start' as note;" >"$work/init/50-user.sql"
    local number
    for number in 0 1 2; do port[$number]=$(free_port "$number"); done
    node 0
    node 1
    own
}

# A pod: its volume, its socket folder, its mounted configuration and secrets.
node() {
    local home=$work/$1
    mkdir -p "$home/data" "$home/run" "$home/etc/secrets"
    cp "$rendered/postgresql.conf" "$rendered/pg_hba.conf" "$home/etc/"
    printf "\nunix_socket_directories = '%s'\n" "$home/run" >>"$home/etc/postgresql.conf"
    # one with and one without a final newline, as secrets come
    printf '%s\n' "$PASSWORD" >"$home/etc/secrets/password"
    printf '%s' "$REPLICATION_PASSWORD" >"$home/etc/secrets/replication-password"
    own
}

own() {
    chmod 755 "$work"
    [ ${#become[@]} -eq 0 ] || chown -R "${become[1]#*=}" "$work"
}

wrapper() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/slow/$1"
    chmod 755 "$work/slow/$1"
}

# as_node NUMBER [NAME=VALUE…] COMMAND…: with the environment of that pod and nothing else
as_node() {
    (exec_as_node "$@")
}

exec_as_node() {
    local home=$work/$1
    local settings=(PATH="$path" LANG=C.UTF-8 POD_NAME="db-$1" PGDATA="$home/data/pgdata" PGPORT="${port[$1]}"
        STACKGEN_ETC="$home/etc" STACKGEN_RUN="$home/run" STACKGEN_VOLUME="$home/data"
        STACKGEN_HOSTS="127.0.0.1:${port[0]} 127.0.0.1:${port[1]}" STAND_IN_INITDB_D="$work/init"
        POSTGRES_USER=app POSTGRES_DB=appdb POSTGRES_PASSWORD_FILE="$home/etc/secrets/password")
    shift
    cd /
    exec ${become[@]+"${become[@]}"} env -i "${settings[@]}" "$@"
}

start() {
    local number=$1
    shift
    # the process that is signalled is the one that becomes the server
    # shellcheck disable=SC2086 # a command with its arguments
    exec_as_node "$number" "$@" ${SH:-sh} "$rendered/start.sh" >"$work/$number/log" 2>&1 </dev/null &
    pid[$number]=$!
}

# run_to_end NUMBER [NAME=VALUE…] [-- ARGUMENT]: a start that is expected to end by itself
run_to_end() {
    local number=$1 settings=() code=0
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do settings+=("$1"); shift; done
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2086
    as_node "$number" ${settings[@]+"${settings[@]}"} timeout 10 ${SH:-sh} "$rendered/start.sh" "$@" \
        >"$work/$number/log" 2>&1 </dev/null || code=$?
    return "$code"
}

refuses() {
    local number=$1 message=$2
    shift 2
    ! run_to_end "$number" "$@" || fail "ordinal $number was not refused"
    in_log "$number" "refused: .*$message" || fail "ordinal $number was refused, but not for: $message"
    sed -n 's/^start.sh: refused/  refused/p' "$work/$number/log"
}

stop() {
    local began=$SECONDS
    kill -INT "${pid[$1]}"
    while kill -0 "${pid[$1]}" 2>/dev/null; do
        [ $((SECONDS - began)) -le "$GRACE" ] || fail "ordinal $1 did not stop within $GRACE s"
        sleep 0.1
    done
    wait "${pid[$1]}" || fail "ordinal $1 stopped with exit code $?"
    in_log "$1" "database system is shut down" || fail "ordinal $1 did not shut down cleanly"
    unset "pid[$1]"
}

query() {
    PGPASSWORD=${PGPASSWORD-$PASSWORD} PGCONNECT_TIMEOUT=5 timeout 10 \
        psql -wXqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "${port[$1]}" -U app -d "${3:-appdb}" -c "$2" \
        2>>"$work/psql.log"
}

is() {
    local got
    got=$(query "$1" "$2") || fail "failed on ordinal $1: $2"
    [ "$got" = "$3" ] || fail "on ordinal $1: $2 → '$got', not '$3'"
}

has() {
    [ "$(query "$1" "select count(*) from fact where n = $2")" = 1 ]
}

gone() {
    ! kill -0 "$1" 2>/dev/null
}

# as the probes do
ready() {
    pg_isready -q -h 127.0.0.1 -p "${port[$1]}" -U app -d appdb
}

in_log() {
    grep -q -- "$2" "$work/$1/log"
}

fingerprint() {
    (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
}

free_port() {
    local candidate
    for candidate in $(seq $((20000 + ($$ + $1 * 997) % 20000)) 45000); do
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

say() {
    printf '%s\n' "$*"
}

step() {
    printf '[%2d s] %s\n' "$SECONDS" "$*"
}

skip() {
    say "skipped: $*"
    exit 0
}

fail() {
    say "FAILED: $*"
    local log
    for log in "$work"/[0-9]/log "$work"/psql.log; do
        [ ! -s "$log" ] || { say "--- ${log#"$work"/}"; tail -n 25 "$log"; }
    done
    exit 1
}

# Only servers whose data is in this test's own folder.
kill_servers_under() {
    local file server
    for file in "$1"/data/*/postmaster.pid "$1"/*/data/*/postmaster.pid; do
        [ -e "$file" ] || continue
        server=$(head -n 1 "$file")
        case $(readlink "/proc/$server/cwd") in
            "$work"/*) kill -QUIT "$server" 2>/dev/null || : ;;
        esac
    done
}

clean_up() {
    local code=$? number
    trap - EXIT
    exec 2>/dev/null # the shell's notes about the processes killed here
    kill_servers_under "$work"
    for number in "${!pid[@]}"; do kill -KILL -- "-${pid[$number]}" 2>/dev/null || :; done
    sleep 0.3
    [ -z "$work" ] || rm -rf "$work"
    exit "$code"
}

main "$@"
