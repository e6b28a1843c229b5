#!/bin/sh
# node.sh serve       asks the Sentinels who is the primary, then becomes the server
# node.sh sentinel    becomes the Sentinel
# node.sh hand-over   before the pod stops: if this is the primary, another one is asked for
# node.sh started     a primary that answers, or a replica that has copied one
# node.sh ready       it answers, and does not load
#
# From the pod: POD_NAME (its ordinal is the last part)
set -eu

etc='/etc/redis'
run='/run/redis'
hosts='redis-0.redis-headless.bitvault-prod-data.svc.cluster.local redis-1.redis-headless.bitvault-prod-data.svc.cluster.local redis-2.redis-headless.bitvault-prod-data.svc.cluster.local'
name='redis'
quorum=2
state=/data/sentinel/sentinel.conf

main() {
    password=$(cat "$etc/secrets/password")
    case $password in
        '') refuse "$etc/secrets/password is empty" ;;
        *"
"*) refuse "$etc/secrets/password has more than one line" ;;
    esac
    find_self
    case ${1:-} in
        serve) serve ;;
        ready) [ "$(ask 127.0.0.1 6379 ping)" = PONG ] ;;
        sentinel) sentinel ;;
        hand-over) hand_over ;;
        started) started ;;
        *) refuse "what is '${1:-}'?" ;;
    esac
}

# --- server ----------------------------------------------------------------------------------------------------------

# The role is never kept here: the Sentinels know who was chosen last, on volumes of their own.
serve() {
    wait_for_primary
    if [ "$primary" = "$self" ] && lost_data; then
        say "the volume is empty, but the tier is not new: waiting until the Sentinels choose another primary"
        while [ "$primary" = "$self" ]; do
            pause 2
            wait_for_primary
        done
    fi
    (umask 077 && { cat "$etc/server.conf" && own_lines; } >"$run/server.conf")
    unset password
    say "the primary is $primary"
    exec docker-entrypoint.sh redis-server "$run/server.conf"
}

own_lines() {
    printf 'requirepass %s\nmasterauth %s\n' "$(quoted "$password")" "$(quoted "$password")"
    printf 'replica-announce-ip %s\nreplica-announce-port 6379\n' "$self"
    [ "$primary" = "$self" ] || printf 'replicaof %s 6379\n' "$primary"
}

# A primary that begins empty has its replicas throw away what they hold. At the very first start no Sentinel has seen a
# replica yet.
lost_data() {
    [ ! -e /data/appendonlydir ] || return 1
    for host in $hosts; do
        case $(ask "$host" 26379 sentinel replicas "$name") in
            *flags*) return 0 ;;
        esac
    done
    return 1
}

wait_for_primary() {
    tries=0
    until majority; do
        [ $((tries % 15)) -ne 5 ] || say "waiting until $quorum Sentinels agree on a primary"
        tries=$((tries + 1))
        pause 2
    done
}

# Sets `primary` to the server that enough Sentinels call so. One alone may have missed the last choice.
majority() {
    answers=$(for host in $hosts; do ask "$host" 26379 sentinel get-master-addr-by-name "$name" | sed -n 1p; done)
    for primary in $hosts; do
        votes=$(printf '%s\n' "$answers" | grep -cxF "$primary") || :
        [ "$votes" -lt "$quorum" ] || return 0
    done
    return 1
}

started() {
    [ "$(ask 127.0.0.1 6379 ping)" = PONG ] || return 1
    case $(ask 127.0.0.1 6379 info replication) in
        *role:master* | *master_link_status:up*) return 0 ;;
    esac
    return 1
}

# Nothing is written until the replicas have left for the new primary, and then the old one has too few to take writes:
# nothing that was confirmed is lost. No longer, because the pause also holds up what Sentinels send.
hand_over() {
    [ "$(ask 127.0.0.1 6379 role | sed -n 1p)" = master ] || return 0
    ask 127.0.0.1 6379 client pause 5000 write >/dev/null
    for host in $hosts; do
        # the Sentinel of this pod stops at the same time
        [ "$host" != "$self" ] || continue
        [ "$(ask "$host" 26379 sentinel failover "$name")" = OK ] || continue
        tries=0
        while [ "$tries" -lt 20 ]; do
            [ "$(ask 127.0.0.1 6379 role | sed -n 1p)" = master ] || return 0
            tries=$((tries + 1))
            sleep 1
        done
        break
    done
    ask 127.0.0.1 6379 client unpause >/dev/null
    say "no other primary was found"
}

# --- sentinel --------------------------------------------------------------------------------------------------------

sentinel() {
    mkdir -p "${state%/*}"
    known_primary || first_primary
    say "watching $primary"
    (umask 077 && sentinel_lines >"$state.new")
    mv "$state.new" "$state"
    unset password
    exec redis-sentinel "$state"
}

# What this Sentinel knew when it stopped. The others tell it what it missed.
known_primary() {
    [ -s "$state" ] || return 1
    primary=$(sed -n "s/^sentinel monitor $name \([^ ]*\) .*/\1/p" "$state")
    case " $hosts " in
        *" $primary "*) return 0 ;;
    esac
    return 1
}

# A Sentinel without a volume asks the others, of which one that remembers is enough. Where nobody answers, the tier is
# new, and begins with its first server.
first_primary() {
    tries=0
    until majority || heard; do
        tries=$((tries + 1))
        if [ "$tries" -ge 5 ]; then
            primary=${hosts%% *}
            return 0
        fi
        pause 1
    done
}

heard() {
    for primary in $hosts; do
        ! printf '%s\n' "$answers" | grep -qxF "$primary" || return 0
    done
    return 1
}

sentinel_lines() {
    cat "$etc/sentinel.conf"
    printf 'requirepass %s\n' "$(quoted "$password")"
    printf 'sentinel announce-ip %s\nsentinel announce-port 26379\n' "$self"
    # The same for ever, or the others would count a new volume as one more Sentinel.
    printf 'sentinel myid %s\n' "$(printf '%s' "$self" | sha1sum | cut -c1-40)"
    printf 'sentinel monitor %s %s 6379 %s\n' "$name" "$primary" "$quorum"
    printf 'sentinel auth-pass %s %s\n' "$name" "$(quoted "$password")"
    [ ! -s "$state" ] || grep -E "^sentinel (current-epoch|(config-epoch|leader-epoch|known-replica|known-sentinel) $name) " \
        "$state" || :
}

# --- both ------------------------------------------------------------------------------------------------------------

find_self() {
    : "${POD_NAME:?must be the name of the pod}"
    for self in $hosts; do
        [ "${self%%.*}" != "$POD_NAME" ] || return 0
    done
    refuse "there is no $POD_NAME among: $hosts"
}

# As process 1 the shell gets the stop signal alone, and acts on it only between commands or in `wait`.
pause() {
    sleep "$1" &
    wait $! || :
}

# The password is in the environment of this one command, never among its arguments.
ask() {
    ask_host=$1 ask_port=$2
    shift 2
    REDISCLI_AUTH=$password VALKEYCLI_AUTH=$password \
        timeout 3 redis-cli -h "$ask_host" -p "$ask_port" "$@" 2>/dev/null || :
}

# One word of the configuration file.
quoted() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

say() {
    printf 'node.sh: %s\n' "$*" >&2
}

refuse() {
    say "refused: $*"
    exit 1
}

trap 'exit 143' TERM INT
main "$@"
