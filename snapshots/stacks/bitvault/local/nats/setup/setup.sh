#!/bin/sh
# Written by stackgen. Makes the tier's streams and consumers, and gives those that are there the settings of the stack.
# It may run any number of times. What the stack no longer names stays: only a person knows whether its messages may go.
set -eu

dir=${STACKGEN_SETUP:-/etc/nats-setup}

say() {
    printf 'setup.sh: %s\n' "$*" >&2
}

# A cluster that has just started has no leader, and not all of its servers yet.
retry() {
    left=60
    until "$@"; do
        left=$((left - 1))
        if [ "$left" -eq 0 ]; then
            say "gave up: $*"
            return 1
        fi
        sleep 2
    done
}

stream() {
    file=$dir/stream.$1.json
    if nats stream info "$1" >/dev/null 2>&1; then
        nats stream edit "$1" --config "$file" --force >/dev/null
    else
        nats stream add "$1" --config "$file" >/dev/null
    fi
}

consumer() {
    file=$dir/consumer.$1.$2.json
    if nats consumer info "$1" "$2" >/dev/null 2>&1; then
        nats consumer edit "$1" "$2" --config "$file" --force >/dev/null
    else
        nats consumer add "$1" "$2" --config "$file" >/dev/null
    fi
}


retry stream 'JOBS'
say 'the stream JOBS is as it should be'

retry consumer 'JOBS' 'worker'
say 'the consumer worker of JOBS is as it should be'
