#!/bin/sh
# Makes what is missing and changes what can be changed in place. It removes nothing: no topic, partition or setting.
set -eu

brokers='redpanda.scaling-data.svc.cluster.local:9092'
work=${STACKGEN_WORK:-/tmp}
failed=

main() {
    trap 'exit 143' TERM INT
    attempt 60 look
    topic 'events' 3 1
    [ -z "$failed" ] || exit 1
    say "all topics are as declared"
}

look() {
    rpk topic list -X "brokers=$brokers" >"$work/topics"
}

# topic NAME PARTITIONS REPLICAS [SETTING=VALUE …]
topic() {
    name=$1 partitions=$2 replicas=$3
    shift 3
    if ! find_topic; then
        # Fails until there are as many brokers as copies.
        attempt 60 make
    else
        [ "$copies" = "$replicas" ] || attempt 5 change alter-config --set "replication.factor=$replicas"
        if [ "$now" -lt "$partitions" ]; then
            attempt 5 change add-partitions --num $((partitions - now))
        elif [ "$now" -gt "$partitions" ]; then
            complain "$name has $now partitions, not $partitions: Redpanda cannot take any away"
        fi
    fi
    [ $# -gt 0 ] || return 0
    for setting; do
        set -- "$@" --set "$setting"
        shift
    done
    attempt 5 change alter-config "$@"
}

# Whether the topic is there, and with how many partitions and copies.
find_topic() {
    now='' copies=''
    while read -r listed its_partitions its_copies _; do
        [ "$listed" != "$name" ] || { now=$its_partitions copies=$its_copies; }
    done <"$work/topics"
    [ -n "$now" ]
}

# A try whose answer was lost may have made it.
make() {
    change create --partitions "$partitions" --replicas "$replicas" || { look && find_topic; }
}

# change COMMAND …: of the topic. That a change is refused may stand in the answer alone.
change() {
    command=$1
    shift
    if rpk topic "$command" -X "brokers=$brokers" "$@" -- "$name" >"$work/answer"; then
        while read -r listed status _; do
            [ "$listed" != "$name" ] || [ "$status" != OK ] || return 0
        done <"$work/answer"
    fi
    cat "$work/answer" >&2
    return 1
}

# attempt TIMES COMMAND …: with 5 seconds between two tries
attempt() {
    left=$1
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { complain "gave up: $*"; exit 1; }
        sleep "${STACKGEN_PAUSE:-5}"
    done
}

complain() {
    say "$*"
    failed=yes
}

say() {
    printf 'topics.sh: %s\n' "$*" >&2
}

main
