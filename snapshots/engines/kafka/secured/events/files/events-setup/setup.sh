#!/bin/bash
# Makes what is missing and changes what can be changed in place. It removes nothing: no topic, partition, setting or
# user; only what a declared user may do beside what is declared.
set -euo pipefail

server='events-0.events-headless.data.svc.cluster.local:9094,events-1.events-headless.data.svc.cluster.local:9094,events-2.events-headless.data.svc.cluster.local:9094'
kafka=/opt/kafka
work=/tmp
failed=
config=/etc/kafka-tier/admin.properties
secrets=/etc/kafka-secrets/users

main() {
    trap 'exit 143' TERM INT
    attempt 60 look
    user 'app' <<'END'
TOPIC LITERAL READ orders
TOPIC LITERAL WRITE orders
TOPIC LITERAL ALL cache
GROUP PREFIXED READ app-
TRANSACTIONAL_ID LITERAL WRITE app
END
    user 'audit' <<'END'
TOPIC PREFIXED READ order
TOPIC PREFIXED DESCRIBE_CONFIGS order
GROUP LITERAL READ audit
CLUSTER LITERAL DESCRIBE kafka-cluster
END
    others 'app' 'audit'
    topic 'orders' 6 3 'retention.ms=604800000'
    topic 'order_states' 3 3 'cleanup.policy=compact,delete'
    topic 'cache' 1 1 'min.insync.replicas=1'
    [ -z "$failed" ] || exit 1
    say "all users and topics are as declared"
}

look() {
    topics --describe >"$work/topics"
}

# user NAME: gives it the secret's password, and the rights that are read, without others.
user() {
    local name=$1
    LC_ALL=C sort -u >"$work/declared"
    if ! password "$secrets/$name"; then
        complain "the password of $name must be printable ASCII on one line, without \" and \\, and without a line end"
        return 0
    fi
    printf 'SCRAM-SHA-512=iterations=8192,password=%s\n' "$(<"$secrets/$name")" >"$work/scram"
    attempt 5 configs --alter --entity-type users --entity-name "$name" --add-config-file "$work/scram"
    rm "$work/scram"
    attempt 5 rights "$name"
    grep -vxFf "$work/found" "$work/declared" >"$work/missing" || :
    grep -vxFf "$work/declared" "$work/found" >"$work/surplus" || :
    change --add "$name" <"$work/missing"
    change --remove "$name" <"$work/surplus"
}

# What the user may do now, one right a line. What is denied, or bound to an address, is somebody else's.
rights() {
    acls --list --principal "User:$1" >"$work/acls" || return
    sed -n -e 's/.*resourceType=\([A-Z_]*\), name=\(.*\), patternType=\([A-Z]*\).*/\1 \3 \2/p' \
        -e "s/.*(principal=User:$1, host=\*, operation=\([A-Z_]*\), permissionType=ALLOW).*/- \1/p" "$work/acls" |
        while read -r first second rest; do
            case $first in
                -) printf '%s %s %s\n' "$resource" "$second" "$name" ;;
                *) resource="$first $second" name=$rest ;;
            esac
        done | LC_ALL=C sort -u >"$work/found"
}

# change --add|--remove NAME, of the rights that are read
change() {
    local resource pattern operation name
    while read -r resource pattern operation name; do
        case $resource in
            TOPIC) set -- "$1" "$2" --topic "$name" ;;
            GROUP) set -- "$1" "$2" --group "$name" ;;
            TRANSACTIONAL_ID) set -- "$1" "$2" --transactional-id "$name" ;;
            CLUSTER) set -- "$1" "$2" --cluster ;;
        esac
        say "$1 $2: $operation $resource $pattern $name"
        attempt 5 acls "$1" --force --allow-principal "User:$2" --operation "${operation//_/}" \
            --resource-pattern-type "$pattern" "${@:3}" </dev/null >/dev/null
    done
}

# others NAME …: says which users there are beside these
others() {
    attempt 5 configs --describe --entity-type users >"$work/users"
    printf '%s\n' "$@" >"$work/declared"
    sed -n "s/.*user-principal '\([^']*\)' are SCRAM-.*/\1/p" "$work/users" | grep -vxFf "$work/declared" |
        while read -r name; do say "left alone: the user $name, which is not declared"; done || :
}

acls() {
    "$kafka/bin/kafka-acls.sh" --bootstrap-server "$server" --command-config "$config" "$@"
}

# password FILE: whether the password can stand in Kafka's files as it is.
password() {
    local LC_ALL=C text
    IFS= read -r -d '' text <"$1" || :
    [[ -n $text && $text != *[^\ -~]* && $text != *[\"\\]* ]]
}

# topic NAME PARTITIONS REPLICAS [SETTING=VALUE …]
topic() {
    local name=$1 partitions=$2 replicas=$3 found now copies
    shift 3
    found=$(grep -F "Topic: $name"$'\t' "$work/topics" | grep PartitionCount || :)
    if [ -z "$found" ]; then
        # Fails until there are as many brokers as copies.
        attempt 60 topics --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor "$replicas"
    else
        now=$(number PartitionCount "$found")
        copies=$(number ReplicationFactor "$found")
        [ "$copies" = "$replicas" ] || complain "$name has $copies copies, not $replicas: move its partitions" \
            "by hand (kafka-reassign-partitions.sh)"
        if [ "$now" -lt "$partitions" ]; then
            attempt 5 topics --alter --topic "$name" --partitions "$partitions"
        elif [ "$now" -gt "$partitions" ]; then
            complain "$name has $now partitions, not $partitions: Kafka cannot take any away"
        fi
    fi
    [ $# -gt 0 ] || return 0
    printf '%s\n' "$@" >"$work/settings"
    attempt 5 configs --alter --entity-type topics --entity-name "$name" --add-config-file "$work/settings"
}

topics() {
    "$kafka/bin/kafka-topics.sh" --bootstrap-server "$server" --command-config "$config" "$@"
}

configs() {
    "$kafka/bin/kafka-configs.sh" --bootstrap-server "$server" --command-config "$config" "$@"
}

number() {
    sed -n "s/.*$1: *\([0-9]*\).*/\1/p" <<<"$2"
}

# attempt TIMES COMMAND …: with 5 seconds between two tries
attempt() {
    local left=$1
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { complain "gave up: $*"; exit 1; }
        sleep 5
    done
}

complain() {
    say "$*"
    failed=yes
}

say() {
    printf 'setup.sh: %s\n' "$*" >&2
}

main
