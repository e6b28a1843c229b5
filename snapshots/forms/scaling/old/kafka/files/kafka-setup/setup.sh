#!/bin/bash
# Makes what is missing and changes what can be changed in place. It removes nothing: no topic, partition, setting or
# user.
set -euo pipefail

server='kafka.scaling.svc.cluster.local:9092'
kafka=/opt/kafka
work=/tmp
failed=

main() {
    trap 'exit 143' TERM INT
    attempt 60 look
    topic 'mails' 6 1
    [ -z "$failed" ] || exit 1
    say "all topics are as declared"
}

look() {
    topics --describe >"$work/topics"
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
    "$kafka/bin/kafka-topics.sh" --bootstrap-server "$server" "$@"
}

configs() {
    "$kafka/bin/kafka-configs.sh" --bootstrap-server "$server" "$@"
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
