#!/bin/bash
# Starts one node. `start.sh` becomes the server; `start.sh prepare` only waits until it may (for an init container, where
# no probe limits how long).
#
# From the pod: POD_NAME (its ordinal is the last part), RABBITMQ_NODENAME
set -euo pipefail

home='/var/lib/rabbitmq'
secrets=/etc/rabbitmq/secrets
hosts=('bus-0.bus-headless.watch-data.svc.cluster.local' 'bus-1.bus-headless.watch-data.svc.cluster.local' 'bus-2.bus-headless.watch-data.svc.cluster.local')

main() {
    wait_for_cluster
    [ "${1:-serve}" != prepare ] || exit 0
    write_cookie
    # Read by the server at its first start only. In the environment of this process alone, not in that of the pod.
    RABBITMQ_DEFAULT_PASS=$(<"$secrets/password")
    export RABBITMQ_DEFAULT_PASS
    exec docker-entrypoint.sh rabbitmq-server
}

# Only the first node may begin a cluster. Nodes that are new and cannot see each other would begin one each, which
# nothing joins together afterwards.
wait_for_cluster() {
    local tries=0
    [ "${POD_NAME##*-}" != 0 ] || return 0
    [ ! -d "$home/mnesia/$RABBITMQ_NODENAME" ] || return 0
    until another_serves; do
        [ $((tries % 20)) -ne 0 ] || say "waiting until another node serves"
        tries=$((tries + 1))
        sleep 3 &
        wait $!
    done
}

another_serves() {
    local host
    for host in "${hosts[@]}"; do
        [ "${host%%.*}" != "$POD_NAME" ] || continue
        ! timeout 2 bash -c "exec 3<>/dev/tcp/$host/5672" 2>/dev/null || return 0
    done
    return 1
}

# Erlang insists on a file of its own that nobody else may read, which a mounted secret is not.
write_cookie() {
    local cookie=$home/.erlang.cookie
    (umask 077 && tr -d '\r\n' <"$secrets/erlang-cookie" >"$cookie.new")
    chmod 400 "$cookie.new"
    mv -f "$cookie.new" "$cookie"
}

say() {
    printf 'start.sh: %s\n' "$*" >&2
}

trap 'exit 143' TERM INT
main "$@"
