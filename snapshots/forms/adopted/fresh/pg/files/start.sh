#!/bin/sh
# Starts one member of the tier. `start.sh` prepares the data folder, then becomes the server.
# `start.sh prepare` only prepares it (for an init container, where no probe limits how long a copy may take).
#
# The member with the primary's ordinal is the primary, every other one is a streaming standby of it.
# There is no automatic failover: roles change only when a person sets STACKGEN_PRIMARY, after promoting.
#
# From the pod:   POD_NAME (its ordinal is the last part), PGDATA
# For other uses: STACKGEN_ETC, STACKGEN_RUN, STACKGEN_VOLUME, STACKGEN_HOSTS move paths and names;
#                 STACKGEN_PRIMARY is the ordinal of the primary after a promotion by hand.
set -eu

volume='/var/lib/postgresql/data'
hosts='pg-0.pg-headless.heritage.svc.cluster.local:5432'

etc=${STACKGEN_ETC:-/etc/postgres}
run=${STACKGEN_RUN:-/var/run/postgresql}
volume=${STACKGEN_VOLUME:-$volume}
hosts=${STACKGEN_HOSTS:-$hosts}
primary=${STACKGEN_PRIMARY:-0}

main() {
    mode=${1:-serve}
    : "${POD_NAME:?must be the name of the pod}" "${PGDATA:?must be a folder inside the data volume}"
    ordinal=${POD_NAME##*-}
    case $ordinal in
        '' | *[!0-9]*) refuse "the pod name '$POD_NAME' does not end in an ordinal" ;;
    esac
    if [ "$ordinal" = "$primary" ]; then
        primary_main
    else
        standby_main
    fi
}

# --- primary ---------------------------------------------------------------------------------------------------------

primary_main() {
    # Starting a standby's copy as a primary would continue the same timeline, and nothing could tell the two histories
    # apart afterwards. Promotion (`select pg_promote()`) begins a new one, so it has to come first: never done here.
    [ ! -e "$PGDATA/standby.signal" ] || refuse "$PGDATA is a standby's copy (standby.signal) but ordinal $ordinal" \
        "is to be the primary. Run it as a standby and promote it first (select pg_promote()), or, if this is the" \
        "wrong volume, attach the right one. Nothing was changed."
    has_database || initialise
    launch docker-entrypoint.sh postgres -c "config_file=$etc/postgresql.conf" -c "hba_file=$etc/pg_hba.conf"
}

# The image skips initialisation as soon as PG_VERSION exists, so one that is interrupted half-way leaves a database
# without its roles and tables for good. Hence: made beside PGDATA and renamed when complete. Images from before 2024
# lack docker-ensure-initdb.sh; there the entrypoint does it in place.
initialise() {
    refuse_other_database
    refuse_if_another_serves
    command -v docker-ensure-initdb.sh >/dev/null 2>&1 || return 0
    discard "$PGDATA.init"
    mkdir -p "${PGDATA%/*}"
    attend env PGDATA="$PGDATA.init" \
        docker-ensure-initdb.sh postgres -c "config_file=$etc/postgresql.conf" -c "hba_file=$etc/pg_hba.conf"
    put_in_place "$PGDATA.init"
}

# An empty volume under the primary while a standby still answers means that the primary's volume was lost.
# A new, empty database would look healthy and every client would write to it.
refuse_if_another_serves() {
    index=0
    for member in $hosts; do
        if [ "$index" != "$ordinal" ]; then
            status=0
            pg_isready -q -t 3 -h "${member%:*}" -p "${member##*:}" || status=$?
            # 0 accepts, 1 rejects (starting or stopping), 2 does not answer
            [ "$status" -gt 1 ] || refuse "the volume is empty, but $member already serves a database of this tier." \
                "The primary's volume seems lost: promote that member, or stop it if its data may go."
        fi
        index=$((index + 1))
    done
}

# --- standby ---------------------------------------------------------------------------------------------------------

# A slot for each standby, not wal_keep_size: a slot keeps exactly what this standby still lacks, nothing while it keeps
# up, and its state says whether the standby can still catch up. A slot alone hoards without limit while its standby is
# away and would fill the primary's disk; max_slot_wal_keep_size is that limit. Past it the slot is `lost` and the
# standby needs a new copy.
standby_main() {
    slot=standby_$ordinal
    source=$(member_at "$primary")
    write_passfile
    if has_database; then
        refuse_unless_standby
        check_against_primary
    else
        clone
    fi
    # fsGroup handling may have widened it; the server insists on 0700 or 0750
    chmod 0700 "$PGDATA"
    # On the command line and not in PGDATA: nothing stale can stay behind, and no ALTER SYSTEM can override it.
    # The password is in the passfile only.
    launch postgres -c "config_file=$etc/postgresql.conf" -c "hba_file=$etc/pg_hba.conf" \
        -c "primary_conninfo=host=${source%:*} port=${source##*:} user=replicator passfile=$PGPASSFILE \
application_name=$POD_NAME connect_timeout=10" \
        -c "primary_slot_name=$slot"
}

# libpq wants its own format, and no rights for others, which a mounted secret cannot promise.
write_passfile() {
    secret=$etc/secrets/replication-password
    [ -r "$secret" ] || refuse "a standby needs the secret key replication-password (no readable $secret)"
    password=$(cat "$secret")
    case $password in
        '') refuse "$secret is empty" ;;
        *"
"*) refuse "$secret has more than one line" ;;
    esac
    PGPASSFILE=$run/replication.pgpass
    export PGPASSFILE
    (umask 077 && rm -f "$PGPASSFILE" &&
        printf '%s\n' "$password" | sed 's/[\\:]/\\&/g; s/^/*:*:*:replicator:/' >"$PGPASSFILE")
    unset password
}

refuse_unless_standby() {
    [ -e "$PGDATA/standby.signal" ] || refuse "$PGDATA was a primary (no standby.signal), but ordinal $ordinal is a" \
        "standby of ordinal $primary. Nothing was changed. If ordinal $ordinal was promoted, set" \
        "STACKGEN_PRIMARY=$ordinal; if its data may go, delete its volume claim and its pod."
}

# Only what the primary can tell right now. Without it the standby still starts, for reading and for promotion;
# the server itself refuses to stream from a different system.
check_against_primary() {
    if ! theirs=$(ask_primary "select system_identifier from pg_control_system()"); then
        say "the primary $source does not answer; starting from the data here, streaming begins when it returns"
        return 0
    fi
    ours=$(LC_ALL=C pg_controldata -D "$PGDATA" | sed -n 's/^Database system identifier: *//p')
    [ "$ours" = "$theirs" ] || refuse "$PGDATA has the system identifier $ours, the primary $source has $theirs:" \
        "another database. Nothing was changed. If the data here may go, delete the volume claim and the pod."
    make_slot || return 0
    state=$(ask_primary "select wal_status from pg_replication_slots where slot_name = '$slot'") || return 0
    [ "$state" != lost ] || refuse "this standby was away for too long: the primary no longer has the WAL it needs" \
        "(slot $slot is lost, see max_slot_wal_keep_size). Delete its volume claim and its pod: it is copied anew."
}

# Copied beside PGDATA and renamed when complete: an interrupted copy is redone, never used.
clone() {
    refuse_other_database
    mkdir -p "${PGDATA%/*}"
    wait_for_primary
    attempt=1
    until copy; do
        [ "$attempt" -lt 5 ] || refuse "no copy of $source after $attempt attempts"
        attempt=$((attempt + 1))
        say "the copy failed; attempt $attempt of 5 in 5 s"
        attend sleep 5
    done
    : >"$PGDATA.clone/standby.signal"
    put_in_place "$PGDATA.clone"
    say "copied"
}

wait_for_primary() {
    try=1
    until pg_isready -q -t 3 -h "${source%:*}" -p "${source##*:}"; do
        [ "$try" -lt 300 ] || refuse "the primary $source did not accept connections in 10 minutes"
        [ $((try % 15)) -ne 1 ] || say "waiting for the primary $source"
        try=$((try + 1))
        attend sleep 2
    done
}

copy() {
    discard "$PGDATA.clone"
    # a lost slot protects nothing, and this copy starts afresh
    ask_primary "select pg_drop_replication_slot(slot_name) from pg_replication_slots
        where slot_name = '$slot' and wal_status = 'lost'" >/dev/null || return 1
    make_slot || return 1
    say "copying from $source"
    attend pg_basebackup --pgdata="$PGDATA.clone" --wal-method=stream --slot="$slot" --checkpoint=fast \
        --no-password --verbose --host="${source%:*}" --port="${source##*:}" --username=replicator
}

make_slot() {
    ask_primary "select pg_create_physical_replication_slot('$slot', true)
        where not exists (select from pg_replication_slots where slot_name = '$slot')" >/dev/null
}

ask_primary() {
    PGCONNECT_TIMEOUT=5 psql --no-psqlrc --no-password --no-align --tuples-only --quiet --set=ON_ERROR_STOP=1 \
        --host="${source%:*}" --port="${source##*:}" --username=replicator --dbname=postgres --command="$1"
}

# --- both ------------------------------------------------------------------------------------------------------------

has_database() {
    [ -s "$PGDATA/PG_VERSION" ]
}

# A new major version looks elsewhere in the same volume, finds nothing and would begin an empty database.
# The image looks for old data too, but not in every layout.
refuse_other_database() {
    for found in "$volume"/PG_VERSION "$volume"/*/PG_VERSION "$volume"/*/*/PG_VERSION; do
        case $found in
            "$PGDATA.init"/* | "$PGDATA.clone"/*) continue ;;
        esac
        [ ! -e "$found" ] || refuse "the volume already holds a database in ${found%/*}, but this version keeps it in" \
            "$PGDATA. A new major version needs pg_upgrade, or a dump and restore. Nothing was changed."
    done
}

discard() {
    [ -e "$1" ] || return 0
    say "removing $1, left by an interrupted start"
    rm -rf "$1"
}

put_in_place() {
    if [ -e "$PGDATA" ]; then
        rmdir "$PGDATA" || refuse "$PGDATA is not empty, but holds no database. Nothing in it was changed."
    fi
    mv "$1" "$PGDATA"
}

member_at() {
    wanted=$1
    # shellcheck disable=SC2086 # a list of words
    set -- $hosts
    [ "$wanted" -lt "$#" ] || refuse "there is no member $wanted among: $hosts"
    shift "$wanted"
    printf '%s\n' "$1"
}

launch() {
    if [ "$mode" = prepare ]; then
        say "prepared"
        exit 0
    fi
    trap - INT TERM
    exec "$@"
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
    say "stopped before the server was started"
    exit 143
}

say() {
    printf 'start.sh: %s\n' "$*" >&2
}

refuse() {
    say "refused: $*"
    exit 1
}

child=
trap stopped INT TERM
main "$@"
