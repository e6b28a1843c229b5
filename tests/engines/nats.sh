#!/usr/bin/env bash
# Live proof of the NATS tier: as many real servers as the tier has pods, on loopback, run from the rendered files.
#
#   tests/engines/nats.sh TREE      (with a clustered tier `bus` that has streams and a password)
#
# Each server has an address of its own (127.0.0.x), so that ports stay as they are; paths and the hosts of the routes are
# moved, and the addresses to listen on are added. The Job's script runs with the real `nats`.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the servers' logs.
set -Eeuo pipefail
set -m

here=$(cd "$(dirname "$0")" && pwd)
PATH=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}/bin:$PATH
readonly NET=127.0.83
# What a configuration file would take for a number, a comment or a variable.
readonly PASSWORD='12e4#{$x "y\z'
declare -A pid=()
work=

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    rendered=$(cd "$1/bus" && pwd)
    for tool in nats-server nats python3; do
        command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 0; }
    done
    python3 -c 'import yaml' 2>/dev/null || { echo "skipped: python3 has no yaml"; exit 0; }
    count=$(grep -c '"nats://' "$rendered/files/bus-config/nats.conf")
    [ "$count" -ge 3 ] || { echo "the tier is no cluster" >&2; exit 2; }
    exec 3>&1
    trap clean_up EXIT
    trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
    trap 'exit 1' INT TERM
    lay_out

    lone_server_waits
    cluster_forms
    access_is_by_password
    job_makes_streams
    write_here_read_there
    member_leaves_and_comes_back
    all_restart
    say "$count servers of $(nats-server --version), nats $(nats --version): all steps passed in $SECONDS s"
}

# --- steps -----------------------------------------------------------------------------------------------------------

lone_server_waits() {
    step "a server alone is alive and not ready, and nothing kills it"
    start 0
    wait_until 15 "it lives" probe 0 livenessProbe
    ! probe 0 startupProbe || fail "it says that it is current, without a majority"
}

cluster_forms() {
    step "all servers find each other by the rendered routes"
    for ((i = 1; i < count; i++)); do start "$i"; done
    for ((i = 0; i < count; i++)); do
        wait_until 30 "server $i is current" probe "$i" startupProbe
        wait_until 5 "server $i is ready" probe "$i" readinessProbe
        [ "$(monitor "$i" varz '["server_name"]')" = "bus-$i" ] || fail "server $i has another name"
    done
    local want
    want=$(sed -n 's/^ *max_file_store: //p' "$rendered/files/bus-config/nats.conf")
    [ "$(monitor 0 varz '["jetstream"]["config"]["max_storage"]')" = "$want" ] || fail "the store is not $want bytes"
}

access_is_by_password() {
    step "nobody gets in without the password"
    ! NATS_PASSWORD=wrong client 0 pub a b >/dev/null 2>&1 || fail "a wrong password was accepted"
    ! nats --server "nats://$NET.10:4222" pub a b >/dev/null 2>&1 || fail "no password is needed"
    client 0 pub a b >/dev/null 2>&1 || fail "the right password was not accepted"
}

job_makes_streams() {
    step "the Job makes the streams, again without effect, and takes a change back"
    setup
    client 0 stream info ORDERS --json >"$work/first.json"
    python3 - "$work/first.json" "$rendered/files/bus-setup/stream.ORDERS.json" <<'PY' || fail "not what was asked for"
import json, sys
found, wanted = json.load(open(sys.argv[1]))["config"], json.load(open(sys.argv[2]))
wrong = {key: (found.get(key), value) for key, value in wanted.items() if found.get(key, 0) != value}
sys.exit(f"{wrong}" if wrong else 0)
PY
    client 1 stream edit ORDERS --max-age 1h --force >/dev/null
    client 1 consumer edit ORDERS billing --max-pending 7 --force >/dev/null
    setup
    [ "$(config stream info ORDERS '["max_age"]')" = 2592000000000000 ] || fail "the change of the stream is still there"
    [ "$(config consumer info ORDERS billing '["max_ack_pending"]')" = 1000 ] || fail "the change of the consumer is still there"
    [ "$(config stream info LIVE '["num_replicas"]')" = 1 ] || fail "LIVE has several copies"
    [ "$(config stream info WORK '["num_replicas"]')" = 3 ] || fail "WORK has not three copies"
}

write_here_read_there() {
    step "what is written through one server is read from another"
    client 0 request orders.1.paid first --replies 1 >/dev/null 2>&1 || fail "not acknowledged"
    [ "$(client 2 consumer next ORDERS billing --raw --ack --timeout 5s)" = first ] || fail "not delivered"
}

member_leaves_and_comes_back() {
    step "a server stops by its hook, the others go on, and it catches up"
    local leader began=$SECONDS
    leader=$(client 0 stream info ORDERS --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["cluster"]["leader"][-1])')
    lifecycle "$leader" preStop
    # what the kubelet sends after the hook, which must not end it at once
    # the kubelet takes its time, too: two signals at once come in any order
    sleep 0.5
    kill -TERM "${pid[$leader]}"
    wait_until "$((grace - 5))" "server $leader is gone, before the kill" gone "$leader"
    grep -q "Entering lame duck mode" "$work/$leader/log" || fail "it did not send its clients away first"
    say "  stopped in $((SECONDS - began)) s of $grace"
    local other=$(((leader + 1) % count))
    wait_until 15 "a majority accepts writes" acknowledged "$other" orders.1.paid second
    start "$leader"
    wait_until 30 "it has caught up" probe "$leader" startupProbe
    [ "$(client "$leader" consumer next ORDERS billing --raw --ack --timeout 5s)" = second ] || fail "not delivered"
}

all_restart() {
    step "all stop at once and come back with what they had"
    for ((i = 0; i < count; i++)); do kill -TERM "${pid[$i]}"; done
    for ((i = 0; i < count; i++)); do wait_until 15 "server $i is gone" gone "$i"; done
    for ((i = 0; i < count; i++)); do start "$i"; done
    for ((i = 0; i < count; i++)); do wait_until 30 "server $i is current" probe "$i" startupProbe; done
    local messages
    messages=$(client 1 stream info ORDERS --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["state"]["messages"])')
    [ "$messages" = 2 ] || fail "$messages messages instead of 2"
    setup
    for ((i = 0; i < count; i++)); do kill -TERM "${pid[$i]}"; done
    for ((i = 0; i < count; i++)); do wait_until 15 "server $i is gone" gone "$i"; done
    ! grep -hE '^\[[0-9]+\] .* \[(FTL)\]' "$work"/*/log || fail "a server says that something is fatally wrong"
    ! grep -qF -- "$PASSWORD" "$work"/*/log || fail "the password is in a log"
}

# --- tools -----------------------------------------------------------------------------------------------------------

lay_out() {
    work=$(mktemp -d)
    mkdir -p "$work/secrets/bus"
    printf '%s' "$PASSWORD" >"$work/secrets/bus/password"
    user=$(sed -n 's/^  user: "\(.*\)"$/\1/p' "$rendered/files/bus-config/nats.conf")
    grace=$(sed -n 's/^ *terminationGracePeriodSeconds: //p' "$rendered/statefulset.yaml")
    local hosts=
    for ((i = 0; i < count; i++)); do
        hosts+="s/bus-$i\.bus-headless\.[a-z.-]*/$NET.1$i/;"
    done
    for ((i = 0; i < count; i++)); do
        mkdir -p "$work/$i/data" "$work/$i/run" "$work/$i/etc"
        sed -e "$hosts" -e "s|\"/data\"|\"$work/$i/data\"|" -e "s|/var/run/nats/|$work/$i/run/|" \
            -e "s|^port: .*|&\nhost: $NET.1$i|" -e "s|^  port: .*|&\n  host: $NET.1$i|" \
            "$rendered/files/bus-config/nats.conf" >"$work/$i/etc/nats.conf"
    done
}

pod() {
    POD_SECRETS=$work/secrets POD_ADDRESS=$NET.1$1 \
        POD_MOVED="/etc/nats/=>$work/$1/etc/"$'\n'"/var/run/nats/=>$work/$1/run/" \
        python3 "$here/pod.py" "$rendered/statefulset.yaml" "bus-$1" "$2"
}

start() {
    POD_SECRETS=$work/secrets POD_MOVED="/etc/nats/=>$work/$1/etc/" \
        python3 "$here/pod.py" "$rendered/statefulset.yaml" "bus-$1" start >>"$work/$1/log" 2>&1 &
    pid[$1]=$!
}

probe() { pod "$1" "$2" >/dev/null 2>&1; }
lifecycle() { pod "$1" "$2" >>"$work/$1/log" 2>&1 || fail "the $2 hook failed"; }
gone() { ! kill -0 "${pid[$1]}" 2>/dev/null; }

client() {
    local server=$1
    shift
    HOME=$work NATS_USER=$user NATS_PASSWORD=${NATS_PASSWORD-$PASSWORD} nats --server "nats://$NET.1$server:4222" "$@"
}

# The Job's pod; only the address and the paths are moved.
setup() {
    POD_SECRETS=$work/secrets STACKGEN_SETUP=$rendered/files/bus-setup \
        POD_MOVED="nats://bus:=>nats://$NET.10:"$'\n'"/etc/nats-setup/=>$rendered/files/bus-setup/"$'\n'"/tmp=>$work" \
        timeout 60 python3 "$here/pod.py" "$rendered/job.yaml" bus-setup start >>"$work/setup.log" 2>&1 ||
        fail "the Job failed: $(tail -n 3 "$work/setup.log")"
}

config() {
    local path=${*: -1}
    client 0 "${@:1:$#-1}" --json | python3 -c "import json,sys; print(json.load(sys.stdin)['config']$path)"
}

acknowledged() { client "$1" request "$2" "$3" --replies 1 --timeout 3s 2>/dev/null | grep -q '"seq"'; }

monitor() {
    python3 -c "
import json, urllib.request
print(json.load(urllib.request.urlopen('http://$NET.1$1:8222/$2', timeout=5))$3)"
}

wait_until() {
    local limit=$1 what=$2 end
    shift 2
    end=$((SECONDS + limit))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "not within $limit s: $what"
        sleep 0.3
    done
}

step() { say "- $*"; }
say() { printf "%s\n" "$*" >&3; }

fail() {
    say "FAILED: $*"
    tail -n 8 "$work"/*/log "$work"/setup.log >&3 2>/dev/null || :
    exit 1
}

clean_up() {
    for it in "${pid[@]}"; do kill -KILL "$it" 2>/dev/null || :; done
    [ -z "$work" ] || rm -rf "$work"
}

main "$@"
