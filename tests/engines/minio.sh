#!/usr/bin/env bash
# Live proof of the MinIO tier: as many real servers as the tier has pods, run from the rendered arguments.
#
#   tests/engines/minio.sh TREE      (with a distributed tier `files` that has buckets)
#
# Each server has a network namespace of its own, joined to the others inside one more that has no way out: names, ports
# and the pattern of the drives stay as they are rendered; only paths are moved. Needs root, and `minio` and `mc`, which
# build in about five minutes (`go install github.com/minio/minio@latest github.com/minio/mc@latest`); install.sh
# does not.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the servers' logs.
set -Eeuo pipefail
set -m

here=$(cd "$(dirname "$0")" && pwd)
PATH=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}/bin:$PATH
readonly NET=10.83.0 PASSWORD='pa ss"$w\ord#1'
declare -A pid=() node=()
work=

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    rendered=$(cd "$1/files" && pwd)
    for tool in minio mc python3 ip unshare nsenter; do
        command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 0; }
    done
    python3 -c 'import yaml' 2>/dev/null || { echo "skipped: python3 has no yaml"; exit 0; }
    if [ -z "${STACKGEN_APART:-}" ]; then
        unshare --net --mount true 2>/dev/null || { echo "skipped: no namespaces may be made here"; exit 0; }
        STACKGEN_APART=yes exec unshare --net --mount --propagation private bash "$0" "$1"
    fi
    count=$(sed -n 's/^  replicas: //p' "$rendered/statefulset.yaml")
    [ "$count" -ge 4 ] || { echo "the tier is not distributed" >&2; exit 2; }
    exec 3>&1
    trap clean_up EXIT
    trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
    trap 'exit 1' INT TERM
    lay_out

    lone_server_waits
    servers_form_a_set
    job_makes_buckets
    write_here_read_there
    one_leaves_and_comes_back
    all_restart
    say "$count servers of $(minio --version | sed -n 1p): all steps passed in $SECONDS s"
}

# --- steps -----------------------------------------------------------------------------------------------------------

lone_server_waits() {
    step "a server alone is alive while it waits for the others"
    start 0
    wait_until 30 "it lives" probe 0 livenessProbe
    probe 0 startupProbe || fail "it would be killed while it waits"
}

servers_form_a_set() {
    step "all servers find each other by the rendered names and form one set"
    for ((i = 1; i < count; i++)); do start "$i"; done
    for ((i = 0; i < count; i++)); do
        wait_until 60 "server $i has quorum" cluster "$i"
        wait_until 10 "server $i is ready" probe "$i" readinessProbe
    done
}

job_makes_buckets() {
    step "the Job makes the buckets, and again without effect"
    setup
    setup
    client 1 version info tier/invoices | grep -q "versioning is enabled" || fail "invoices has no versions"
    client 1 version info tier/archive | grep -q "versioning is enabled" || fail "archive has no versions"
    client 1 version info tier/scratch.tmp | grep -q "un-versioned" || fail "scratch.tmp has versions"
    client 1 quota info tier/invoices | grep -q "1.0 GiB" || fail "invoices has no quota: $(client 1 quota info tier/invoices)"
    [ "$(client 0 admin info tier --json | python3 -c 'import json,sys; it=json.load(sys.stdin)["info"]; print(it["region"], it["backend"]["standardSCParity"], it["backend"]["onlineDisks"])')" = "eu-west-1 2 $count" ] ||
        fail "not the region, the parity or the drives: $(client 0 admin info tier)"
}

write_here_read_there() {
    step "what is written through one server is read from another"
    head -c 3000000 /dev/urandom >"$work/object"
    client 0 cp "$work/object" tier/invoices/object >/dev/null
    client 3 cat tier/invoices/object | cmp - "$work/object" || fail "another content"
}

one_leaves_and_comes_back() {
    step "one stops in time, the others read and write, and it is healed"
    local began=$SECONDS
    kill -TERM "${pid[2]}"
    wait_until "$((grace - 5))" "server 2 is gone, before the kill" gone 2
    say "  stopped in $((SECONDS - began)) s of $grace"
    client 1 cp "$work/object" tier/invoices/second >/dev/null
    client 3 cat tier/invoices/second | cmp - "$work/object" || fail "another content"
    [ ! -e "$work/2/data/invoices/second" ] || fail "a server that is away has a part"
    start 2
    wait_until 60 "server 2 has quorum" cluster 2
    client 0 admin heal --recursive tier/invoices >/dev/null
    wait_until 30 "it has its part" test -e "$work/2/data/invoices/second/xl.meta"
}

all_restart() {
    step "all stop at once and come back with what they had"
    for ((i = 0; i < count; i++)); do kill -TERM "${pid[$i]}"; done
    for ((i = 0; i < count; i++)); do wait_until 65 "server $i is gone" gone "$i"; done
    for ((i = 0; i < count; i++)); do start "$i"; done
    for ((i = 0; i < count; i++)); do wait_until 60 "server $i has quorum" cluster "$i"; done
    client 2 cat tier/invoices/second | cmp - "$work/object" || fail "another content"
    ! grep -qF -- "$PASSWORD" "$work"/*/log "$work/setup.log" || fail "the password is in a log"
    for ((i = 0; i < count; i++)); do kill -TERM "${pid[$i]}"; done
    for ((i = 0; i < count; i++)); do wait_until 65 "server $i is gone" gone "$i"; done
}

# --- tools -----------------------------------------------------------------------------------------------------------

lay_out() {
    work=$(mktemp -d)
    grace=$(sed -n 's/^ *terminationGracePeriodSeconds: //p' "$rendered/statefulset.yaml")
    mkdir -p "$work/secrets" "$work/data" "$work/tmp"
    printf 'root-user' >"$work/secrets/user"
    printf '%s' "$PASSWORD" >"$work/secrets/password"
    local domain
    domain=$(sed -n 's/^ *- http:..files-{[0-9.]*}\.\(.*\):9000.*$/\1/p' "$rendered/statefulset.yaml")
    [ -n "$domain" ] || fail "no pattern of the drives in the arguments"
    echo "127.0.0.1 localhost" >"$work/hosts"
    ip link set lo up
    ip link add bridge0 type bridge
    ip addr add "$NET.1/24" dev bridge0
    ip link set bridge0 up
    for ((i = 0; i < count; i++)); do
        echo "$NET.1$i files-$i.$domain" >>"$work/hosts"
        mkdir -p "$work/$i/data"
        unshare --net --mount --propagation private sleep infinity &
        node[$i]=$!
        wait_until 5 "the namespaces of server $i" apart "${node[$i]}"
        ip link add "veth$i" type veth peer name eth0 netns "${node[$i]}"
        ip link set "veth$i" master bridge0 up
        within "$i" ip link set lo up
        within "$i" ip addr add "$NET.1$i/24" dev eth0
        within "$i" ip link set eth0 up
        within "$i" mount --bind "$work/$i/data" "$work/data"
    done
    # the Service
    echo "$NET.10 files" >>"$work/hosts"
    mount --bind "$work/hosts" /etc/hosts
    for ((i = 0; i < count; i++)); do within "$i" mount --bind "$work/hosts" /etc/hosts; done
}

apart() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
within() { nsenter --net --mount --target "${node[$1]}" "${@:2}"; }

moved() { printf '%s\n' "/data=>$work/data" "/etc/minio/secrets=>$work/secrets" "/etc/minio/setup=>$rendered/files" "/tmp=>$work/tmp"; }

# MINIO_CI_CD lets the folders be on the disk of the machine's own system, which it otherwise takes for a mistake.
start() {
    POD_MOVED=$(moved) MINIO_CI_CD=on \
        nsenter --net --mount --target "${node[$1]}" \
        python3 "$here/pod.py" "$rendered/statefulset.yaml" "files-$1" start >>"$work/$1/log" 2>&1 &
    pid[$1]=$!
}

probe() { POD_ADDRESS=$NET.1$1 python3 "$here/pod.py" "$rendered/statefulset.yaml" "files-$1" "$2" >/dev/null 2>&1; }
cluster() { python3 -c "import urllib.request; urllib.request.urlopen('http://$NET.1$1:9000/minio/health/cluster', timeout=5)" 2>/dev/null; }
gone() { ! kill -0 "${pid[$1]}" 2>/dev/null; }

setup() {
    POD_MOVED=$(moved) STACKGEN_SECRETS=$work/secrets \
        timeout 120 python3 "$here/pod.py" "$rendered/job.yaml" files-setup start >>"$work/setup.log" 2>&1 ||
        fail "the Job failed: $(tail -n 3 "$work/setup.log")"
}

# With the alias that the Job's script made, at another server.
client() {
    local server=$1
    shift
    sed "s|http://files:9000|http://$NET.1$server:9000|" "$work/tmp/mc/config.json" >"$work/config.json"
    mkdir -p "$work/mc$server"
    cp "$work/config.json" "$work/mc$server/config.json"
    mc --quiet --config-dir "$work/mc$server" "$@" 2>>"$work/client.log"
}

wait_until() {
    local limit=$1 what=$2 end
    shift 2
    end=$((SECONDS + limit))
    until "$@" >/dev/null; do
        [ "$SECONDS" -lt "$end" ] || fail "not within $limit s: $what"
        sleep 0.3
    done
}

step() { say "- $*"; }
say() { printf '%s\n' "$*" >&3; }

fail() {
    say "FAILED: $*"
    tail -n 8 "$work"/*/log "$work"/*.log >&3 2>/dev/null || :
    exit 1
}

clean_up() {
    for it in "${pid[@]}" "${node[@]}"; do kill -KILL "$it" 2>/dev/null || :; done
    wait 2>/dev/null || :
    umount /etc/hosts 2>/dev/null || :
    [ -z "$work" ] || rm -rf "$work"
}

main "$@"
