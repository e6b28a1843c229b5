#!/bin/bash
# Starts one node. `start.sh` becomes the server; `start.sh prepare` only waits until it may (for an init container, where
# no probe limits how long).
#
# From the pod: POD_NAME (its ordinal is the last part), RABBITMQ_NODENAME
set -euo pipefail

home='/var/lib/rabbitmq'
secrets=/etc/rabbitmq/secrets
hosts=('rabbitmq-0.rabbitmq-headless.platform-infra.svc.cluster.local')

main() {
    [ "${1:-serve}" != prepare ] || exit 0
    # Read by the server at its first start only. In the environment of this process alone, not in that of the pod.
    RABBITMQ_DEFAULT_PASS=$(<"$secrets/password")
    export RABBITMQ_DEFAULT_PASS
    exec docker-entrypoint.sh rabbitmq-server
}

say() {
    printf 'start.sh: %s\n' "$*" >&2
}

trap 'exit 143' TERM INT
main "$@"
