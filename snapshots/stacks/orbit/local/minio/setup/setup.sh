#!/bin/sh
# Written by stackgen. Makes the tier's buckets, and gives those that are there the settings of the stack. It may run any
# number of times. What the stack no longer names stays: only a person knows whether its objects may go.
set -eu

secrets=${STACKGEN_SECRETS:-/etc/minio/secrets}

say() {
    printf 'setup.sh: %s\n' "$*" >&2
}

# The name and the password go through a pipe: on a command line, others could read them.
login() {
    { cat "$secrets/user" && echo && cat "$secrets/password" && echo; } |
        mc --quiet alias set tier "$MINIO_URL" --api S3v4 >/dev/null
}

# Servers that have just started wait for each other.
retry() {
    left=60
    until "$@"; do
        left=$((left - 1))
        if [ "$left" -eq 0 ]; then
            say "gave up: $1"
            return 1
        fi
        sleep 2
    done
}

retry login
retry mc --quiet ready tier

mc --quiet mb --ignore-existing 'tier/artifacts'

mc --quiet quota clear 'tier/artifacts'

say 'the bucket artifacts is as it should be'

mc --quiet mb --ignore-existing 'tier/registry'

mc --quiet quota clear 'tier/registry'

say 'the bucket registry is as it should be'
