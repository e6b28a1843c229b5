#!/usr/bin/env bash
# Live proof of a cluster of RabbitMQ: as many real nodes as the tier has, run from the rendered files in pods of one
# machine (pods.bash), each with its name and its address.
#
#   tests/engines/rabbitmq.sh TREE      (with a tier `bus` of several nodes)
#
# Changed: what Debian's RabbitMQ 3.10 does not know yet is left out of rabbitmq.conf, so queues say themselves that they
# are quorum queues. Stand-ins: the image's docker-entrypoint.sh, which for a user that is not root becomes its arguments.
# preStop and the init container are run as the kubelet would.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the logs.
set -Eeuo pipefail
# shellcheck source=pods.bash
. "$(dirname "$0")/pods.bash"

# Erlang and the environment keep any byte; the client here takes it as it is.
readonly PASSWORD="it's \"a\\b\" #1 \$x" COOKIE=A1b2C3d4E5f6G7h8I9j0
CACHE=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    rendered=$(cd "$1/bus/files" && pwd)
    tree=$(cd "$1" && pwd)
    bin=/usr/lib/rabbitmq/bin
    [ -x "$bin/rabbitmq-server" ] || skip "no rabbitmq-server is installed"
    PYTHONPATH=$CACHE/python python3 -c 'import pika' 2>/dev/null || skip "no pika for python3 is installed"
    in_namespaces "$@"
    lay_out

    step "${#pods[@]} nodes start at once, the first one last; they form one cluster"
    for ((i = ${#pods[@]} - 1; i >= 0; i--)); do start "${pods[i]}"; done
    for pod in "${pods[@]}"; do wait_until 120 "$pod serves" serves "$pod"; done
    wait_until 30 "all are in one cluster" whole
    grep -q "waiting until another node serves" "$work/log/bus-1.prepare" || fail "bus-1 did not wait"
    alive bus-1 || fail "bus-1 is not alive"

    step "only the password opens"
    ! as guest client bus-0 connect || fail "there is a guest"
    ! secret_of wrong client bus-0 connect || fail "a wrong password opens"
    client bus-0 connect || fail "the password does not open"
    [ "$(stat -c '%a %u' "$work/bus-0/volumes/data/.erlang.cookie")" = "400 $pod_user" ] || fail "others may read the cookie"
    nothing_tells

    step "a confirmed message of a quorum queue goes in through one node and comes out of another"
    client bus-0 publish one
    client bus-2 expect one
    [ "$(copies)" -eq "${#pods[@]}" ] || fail "the queue has $(copies) copies"

    step "a node stops as it should, and comes back under another address"
    began=$SECONDS
    in_pod bus-1 "${node_env[@]}" "RABBITMQ_NODENAME=rabbit@$(host bus-1)" bash -c "$pre_stop" >>"$work/log/bus-1.pre-stop" 2>&1 ||
        fail "preStop failed"
    step "  preStop took $((SECONDS - began)) s"
    stop bus-1
    client bus-2 publish two
    address bus-1 "$(host bus-1)" 10.99.0.201
    start bus-1
    wait_until 120 "bus-1 serves" serves bus-1
    wait_until 30 "all are in one cluster" whole
    client bus-1 expect two

    step "the first node dies; the others go on"
    kill_pod KILL bus-0
    wait_until 5 "it is gone" gone bus-0
    wait_until 60 "the others take messages" client bus-2 publish three
    start bus-0
    wait_until 120 "bus-0 serves" serves bus-0
    wait_until 60 "all are in one cluster" whole
    client bus-0 expect three

    step "a node does not stop for good while the others would lose the majority"
    kill_pod KILL bus-2
    wait_until 5 "it is gone" gone bus-2
    ! in_pod bus-1 "${node_env[@]}" "RABBITMQ_NODENAME=rabbit@$(host bus-1)" \
        rabbitmq-upgrade await_online_quorum_plus_one -t 5 >>"$work/log/bus-1.pre-stop" 2>&1 || fail "it did not wait"
    start bus-2
    wait_until 120 "bus-2 serves" serves bus-2
    wait_until 60 "all are in one cluster" whole

    step "all stop and start at once, with what they had"
    wait_until 30 "it takes messages" client bus-1 publish four
    for pod in "${pods[@]}"; do kill_pod TERM "$pod"; done
    for pod in "${pods[@]}"; do wait_until 60 "$pod stops" gone "$pod"; done
    for pod in "${pods[@]}"; do start "$pod"; done
    for pod in "${pods[@]}"; do wait_until 300 "$pod serves" serves "$pod"; done
    wait_until 60 "all are in one cluster" whole
    client bus-2 expect four

    step "a node that lost its volume joins again once the others have forgotten it"
    stop bus-2
    find "$work/bus-2/volumes/data" -mindepth 1 -delete
    ctl bus-0 forget_cluster_node "rabbit@$(host bus-2)" >/dev/null || fail "it is not forgotten"
    start bus-2
    wait_until 120 "bus-2 serves" serves bus-2
    wait_until 60 "all are in one cluster" whole

    step "all stop in time"
    for pod in "${pods[@]}"; do kill_pod TERM "$pod"; done
    for pod in "${pods[@]}"; do wait_until 60 "$pod stops" gone "$pod"; done
    echo "all steps passed in $SECONDS s, with RabbitMQ $(ls /usr/lib/rabbitmq/lib | sed 's/.*-//')"
}

lay_out() {
    pod_user=999 pod_group=999
    mkdir "$work/config"
    cp "$rendered"/* "$work/config/"
    sed -i -E '/^(default_queue_type|quorum_queue\.)/d' "$work/config/rabbitmq.conf"
    pre_stop=$(python3 - "$tree" <<'PY'
import sys, yaml
with open(sys.argv[1] + "/bus/statefulset.yaml") as file:
    pod = yaml.safe_load(file)["spec"]["template"]["spec"]
print(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][2])
PY
    )
    eval "$(grep '^hosts=' "$work/config/start.sh")"
    node_env=(HOME=/var/lib/rabbitmq LANG=C.UTF-8 RABBITMQ_USE_LONGNAME=true RABBITMQ_DEFAULT_USER=shop RABBITMQ_DEFAULT_VHOST=/)
    pods=()
    local host program
    for host in "${hosts[@]}"; do
        pod=${host%%.*}
        pods+=("$pod")
        pod "$pod" "$host"
        for program in rabbitmq-server rabbitmqctl rabbitmq-diagnostics rabbitmq-upgrade rabbitmq-queues; do
            printf '#!/bin/sh\nexec %s/%s "$@"\n' "$bin" "$program" >"$work/$pod/root/usr/local/bin/$program"
            chmod 755 "$work/$pod/root/usr/local/bin/$program"
        done
        printf '#!/bin/sh\nexport RUNNING_UNDER_SYSTEMD=true\nexec "$@"\n' >"$work/$pod/root/usr/local/bin/docker-entrypoint.sh"
        chmod 755 "$work/$pod/root/usr/local/bin/docker-entrypoint.sh"
        files "$pod" /etc/rabbitmq "$work"/config/*
        mkdir "$work/$pod/volumes/config--etc-rabbitmq/secrets"
        secret "$pod" /etc/rabbitmq/secrets/password "$PASSWORD"
        secret "$pod" /etc/rabbitmq/secrets/erlang-cookie "$COOKIE"
        volume "$pod" data /var/lib/rabbitmq
        volume "$pod" log /var/log/rabbitmq
        volume "$pod" tmp /tmp
        seal "$pod"
    done
}

host() { echo "$1.bus-headless.data.svc.cluster.local"; }

# The init container, then the node.
start() {
    local name="RABBITMQ_NODENAME=rabbit@$(host "$1")"
    (
        in_pod "$1" "${node_env[@]}" "$name" /etc/rabbitmq/start.sh prepare >>"$work/log/$1.prepare" 2>&1 </dev/null
        enter_pod "$1" "${node_env[@]}" "$name" /etc/rabbitmq/start.sh >>"$work/log/$1.server" 2>&1 </dev/null
    ) &
    pod_pid[$1.server]=$!
    disown "${pod_pid[$1.server]}"
}

stop() {
    kill_pod TERM "$1"
    wait_until 60 "$1 stops" gone "$1"
}

ctl() {
    local pod=$1
    shift
    in_pod "$pod" "${node_env[@]}" "RABBITMQ_NODENAME=rabbit@$(host "$pod")" rabbitmqctl -q "$@"
}

alive() { in_pod "$1" "${node_env[@]}" "RABBITMQ_NODENAME=rabbit@$(host "$1")" rabbitmq-diagnostics -q ping >/dev/null; }
serves() { timeout 2 bash -c "exec 3<>/dev/tcp/${pod_ip[$1]}/5672"; }

whole() {
    local pod
    for pod in "${pods[@]}"; do
        [ "$(ctl "$pod" eval 'length(rabbit_nodes:list_running()).' 2>/dev/null ||
            ctl "$pod" eval 'length(rabbit_mnesia:cluster_nodes(running)).')" = "${#pods[@]}" ] || return 1
    done
}

copies() { ctl bus-0 list_queues name members --formatter json | python3 -c \
    'import json, sys; print(max(len(it["members"]) for it in json.load(sys.stdin)))'; }

as() { (user=$1; shift; "$@"); }
secret_of() { (password=$1; shift; "$@"); }
user=shop password=$PASSWORD

# client POD connect | publish TEXT | expect TEXT
client() {
    USER_NAME=$user SECRET=$password PYTHONPATH=$CACHE/python timeout 30 python3 - "${pod_ip[$1]}" "${@:2}" 2>>"$work/log/client" <<'PY'
import os, sys, pika
host, what, text = sys.argv[1], sys.argv[2], (sys.argv[3:] or [""])[0]
login = pika.PlainCredentials(os.environ["USER_NAME"], os.environ["SECRET"])
connection = pika.BlockingConnection(pika.ConnectionParameters(host, credentials=login, blocked_connection_timeout=10))
channel = connection.channel()
if what != "connect":
    channel.queue_declare("orders", durable=True, arguments={"x-queue-type": "quorum"})
if what == "publish":
    channel.confirm_delivery()
    channel.basic_publish("", "orders", text.encode(), pika.BasicProperties(delivery_mode=2), mandatory=True)
if what == "expect":
    method, _, body = channel.basic_get("orders", auto_ack=True)
    assert body == text.encode(), f"{body} instead of {text}"
connection.close()
PY
}

nothing_tells() {
    local all
    all=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ') || :
    [[ $all == *beam.smp* && $all != *"$PASSWORD"* && $all != *"$COOKIE"* ]] || fail "a secret is an argument"
    ! grep -qF -e "$PASSWORD" -e "$COOKIE" "$work"/log/* || fail "a secret is in a log"
}

main "$@"
