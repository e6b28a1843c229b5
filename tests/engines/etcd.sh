#!/usr/bin/env bash
# Live proof of the etcd tier: as many real members as the tier has pods, on loopback, run from the rendered arguments.
#
#   tests/engines/etcd.sh TREE      (with a clustered tier `kv` without a certificate)
#
# Each member has an address of its own (127.0.0.x), so that ports stay as they are; the data folder, the hosts and the
# addresses to listen on are moved.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the members' logs.
set -Eeuo pipefail
set -m

here=$(cd "$(dirname "$0")" && pwd)
PATH=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}/bin:$PATH
readonly NET=127.0.84
declare -A pid=()
work=

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    rendered=$(cd "$1/kv" && pwd)
    for tool in etcd etcdctl python3; do
        command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 0; }
    done
    python3 -c 'import yaml' 2>/dev/null || { echo "skipped: python3 has no yaml"; exit 0; }
    count=$(sed -n 's/^  replicas: //p' "$rendered/statefulset.yaml")
    [ "$count" -ge 3 ] || { echo "the tier is no cluster" >&2; exit 2; }
    exec 3>&1
    trap clean_up EXIT
    trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
    trap 'exit 1' INT TERM
    lay_out

    lone_member_waits
    cluster_forms
    write_here_read_there
    leader_stops_in_time
    lost_volume_is_refused_and_replaced
    all_restart
    say "$count members of $(etcd --version | sed -n 1p): all steps passed in $SECONDS s"
}

# --- steps -----------------------------------------------------------------------------------------------------------

lone_member_waits() {
    step "a member alone is alive and not ready, and nothing kills it"
    start 0
    wait_until 15 "it lives" probe 0 livenessProbe
    probe 0 startupProbe || fail "it would be killed while it waits for the others"
    ! probe 0 readinessProbe || fail "it says that it is ready, without a majority"
}

cluster_forms() {
    step "all members find each other by the rendered names"
    for ((i = 1; i < count; i++)); do start "$i"; done
    for ((i = 0; i < count; i++)); do wait_until 30 "member $i is ready" probe "$i" readinessProbe; done
    [ "$(ctl 0 member list | grep -c ' started,')" = "$count" ] || fail "not all are members: $(ctl 0 member list)"
    local quota
    quota=$(sed -n 's/^ *- --quota-backend-bytes=//p' "$rendered/statefulset.yaml")
    metric 0 etcd_server_quota_backend_bytes | python3 -c "import sys; sys.exit(float(sys.stdin.read()) != $quota)" ||
        fail "the quota is not $quota"
}

write_here_read_there() {
    step "what is written through one member is read from another"
    ctl 0 put key first >/dev/null
    [ "$(ctl 2 get key --print-value-only)" = first ] || fail "not there"
}

leader_stops_in_time() {
    step "the leader hands over, the others go on, and it catches up"
    local leader other began=$SECONDS
    leader=$(leader)
    other=$(((leader + 1) % count))
    kill -TERM "${pid[$leader]}"
    wait_until "$((grace - 5))" "member $leader is gone, before the kill" gone "$leader"
    say "  stopped in $((SECONDS - began)) s of $grace"
    grep -q "leadership transfer finished" "$work/$leader/log" || fail "it did not hand over"
    wait_until 10 "a majority accepts writes" ctl "$other" put key second
    start "$leader"
    wait_until 15 "it is ready" probe "$leader" readinessProbe
    [ "$(ctl "$leader" get key --print-value-only --consistency=s)" = second ] || fail "it has not caught up"
}

lost_volume_is_refused_and_replaced() {
    step "a member with an empty volume does not begin a new cluster; the documented steps replace it"
    local lost=2 id
    kill -TERM "${pid[$lost]}"
    wait_until 15 "it is gone" gone "$lost"
    rm -rf "$work/$lost/data"
    start "$lost"
    wait_until 20 "it gives up" gone "$lost"
    grep -q "has already been bootstrapped" "$work/$lost/log" || fail "it gave up for another reason"
    id=$(ctl 0 member list | sed -n "s/^\([0-9a-f]*\), [a-z]*, kv-$lost,.*/\1/p")
    ctl 0 member remove "$id" >/dev/null
    # refused until the others have been connected for some seconds
    wait_until 20 "it can be added" ctl 0 member add "kv-$lost" --peer-urls="http://$NET.1$lost:2380"
    # what `initialClusterState: existing` renders
    start "$lost" "--initial-cluster-state=new=>--initial-cluster-state=existing"
    wait_until 20 "it is ready" probe "$lost" readinessProbe
    [ "$(ctl "$lost" get key --print-value-only --consistency=s)" = second ] || fail "it has not the data"
    # members with data do not care
    kill -TERM "${pid[$lost]}"
    wait_until 15 "it is gone" gone "$lost"
    start "$lost"
    wait_until 20 "it is ready with the first arguments again" probe "$lost" readinessProbe
}

all_restart() {
    step "all stop at once and come back with what they had"
    for ((i = 0; i < count; i++)); do kill -TERM "${pid[$i]}"; done
    for ((i = 0; i < count; i++)); do wait_until 25 "member $i is gone" gone "$i"; done
    for ((i = 0; i < count; i++)); do start "$i"; done
    for ((i = 0; i < count; i++)); do wait_until 30 "member $i is ready" probe "$i" readinessProbe; done
    [ "$(ctl 1 get key --print-value-only)" = second ] || fail "the key is gone"
    [ "$(stat -c %a "$work/1/data")" = 700 ] || fail "others can read the data folder"
    for ((i = 0; i < count; i++)); do kill -TERM "${pid[$i]}"; done
    for ((i = 0; i < count; i++)); do wait_until 25 "member $i is gone" gone "$i"; done
}

# --- tools -----------------------------------------------------------------------------------------------------------

lay_out() {
    work=$(mktemp -d)
    grace=$(sed -n 's/^ *terminationGracePeriodSeconds: //p' "$rendered/statefulset.yaml")
    domain=$(sed -n 's/^ *- --initial-advertise-peer-urls=http:..$(POD_NAME)\.\(.*\):2380$/\1/p' "$rendered/statefulset.yaml")
    [ -n "$domain" ] || fail "no domain of the members in the arguments"
    hosts=
    for ((i = 0; i < count; i++)); do
        mkdir -p "$work/$i"
        hosts+="kv-$i.$domain=>$NET.1$i"$'\n'
    done
}

start() {
    POD_MOVED="${2:-}"$'\n'"$hosts/var/lib/etcd/=>$work/$1/"$'\n'"0.0.0.0=>$NET.1$1" \
        python3 "$here/pod.py" "$rendered/statefulset.yaml" "kv-$1" start >>"$work/$1/log" 2>&1 &
    pid[$1]=$!
}

probe() { POD_ADDRESS=$NET.1$1 python3 "$here/pod.py" "$rendered/statefulset.yaml" "kv-$1" "$2" >/dev/null 2>&1; }
gone() { ! kill -0 "${pid[$1]}" 2>/dev/null; }

ctl() {
    local member=$1
    shift
    etcdctl --endpoints "http://$NET.1$member:2379" --dial-timeout 3s --command-timeout 5s "$@" 2>>"$work/ctl.log"
}

leader() {
    for ((i = 0; i < count; i++)); do
        [ "$(metric "$i" etcd_server_is_leader)" != 1 ] || { echo "$i"; return; }
    done
    fail "there is no leader"
}

metric() {
    python3 -c "
import urllib.request
for line in urllib.request.urlopen('http://$NET.1$1:2381/metrics', timeout=5).read().decode().splitlines():
    if line.startswith('$2 '):
        print(line.split()[1])"
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
say() { printf "%s\n" "$*" >&3; }

fail() {
    say "FAILED: $*"
    tail -n 5 "$work"/*/log "$work"/ctl.log >&3 2>/dev/null || :
    exit 1
}

clean_up() {
    for it in "${pid[@]}"; do kill -KILL "$it" 2>/dev/null || :; done
    [ -z "$work" ] || rm -rf "$work"
}

main "$@"
