#!/usr/bin/env bash
# Live proof of tiers of Valkey and Redis: as many real servers and Sentinels as the tier has, run from the rendered
# files in pods of one machine (pods.bash), each with its name and its address.
#
#   tests/engines/valkey.sh TREE      (with one tier of the kind, in any mode)
#
# Stand-ins: the image's docker-entrypoint.sh, which for a user that is not root sets the umask and becomes its
# arguments; and redis-cli as valkey-cli. Probes and preStop are called as the kubelet would.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the logs.
set -Eeuo pipefail
# shellcheck source=pods.bash
. "$(dirname "$0")/pods.bash"

readonly PASSWORD="it's \"a\\b\" #1 \$x"
CACHE=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    script=$(ls "$1"/*/files/node.sh)
    rendered=$(cd "$(dirname "$script")" && pwd)
    name=$(basename "$(dirname "$rendered")")
    brand=$(sed -n "s|^etc='/etc/\(.*\)'|\1|p" "$rendered/node.sh")
    find_servers
    in_namespaces "$@"
    lay_out
    if [ -e "$rendered/sentinel.conf" ]; then replicated; else single; fi
    step "all stop in time"
    for pod in "${pods[@]}"; do stop "$pod"; done
    echo "all steps passed in $SECONDS s, with $("$server" --version | sed 's/ sha=.*//')"
}

replicated() {
    step "${#pods[@]} servers and as many Sentinels start at once; the first server becomes the primary"
    for pod in "${pods[@]}"; do start "$pod"; done
    for pod in "${pods[@]}"; do wait_until 60 "$pod has started" probe "$pod" started; done
    primary=$name-0
    agree "$primary"
    for pod in "${pods[@]}"; do wait_until 30 "the Sentinel of $pod knows all" knows_all "$pod"; done
    for pod in "${pods[@]}"; do
        probe "$pod" ready || fail "$pod is not ready"
        alive "$pod" 6379 && alive "$pod" 26379 || fail "$pod is not alive"
    done
    only_the_password_opens

    step "a write to the primary is read from a replica, which refuses writes"
    [ "$(ask "$primary" 6379 set fact 1)" = OK ] || fail "no write"
    reads_everywhere 1
    [[ $(ask "$name-1" 6379 set fact 2) == READONLY* ]] || fail "a replica takes writes"

    step "the primary's pod dies; the Sentinels choose another, which takes writes"
    kill_pod KILL "$primary"
    old=$primary
    wait_until 60 "another primary" another_primary
    wait_until 30 "the new primary takes writes" write 3

    step "the old primary comes back under another address, as a replica of the new one"
    address "$old" "$(host "$old")" "10.99.0.$((200 + ${old##*-}))"
    start "$old"
    wait_until 90 "$old has copied" probe "$old" started
    [ "$(ask "$old" 6379 role | sed -n 1p)" = slave ] || fail "$old is no replica"
    reads_everywhere 3

    step "the primary hands over before it stops; no confirmed write is lost"
    old=$primary
    count &
    counter=$!
    sleep 1
    began=$SECONDS
    in_pod "$old" "$etc/node.sh" hand-over || fail "hand-over failed"
    step "  handed over in $((SECONDS - began)) s"
    stop "$old"
    another_primary || fail "no other primary"
    before=$(cat "$work/counted")
    wait_until 30 "counting goes on" counted_beyond "$before"
    touch "$work/enough"
    wait "$counter"
    counted=$(cat "$work/counted")
    [ "$(ask "$primary" 6379 get counter)" -ge "$counted" ] || fail "a confirmed write of $counted is lost"
    start "$old"
    wait_until 90 "$old has copied" probe "$old" started

    step "a primary that comes back at once with an empty volume does not empty the others"
    wait_until 30 "it takes writes" write 4
    reads_everywhere 4
    old=$primary
    kill_pod KILL "$old"
    wait_until 5 "it is gone" gone "$old"
    rm -rf "$work/$old"/volumes/data/*
    start "$old"
    wait_until 60 "another primary" another_primary
    wait_until 90 "$old has copied" probe "$old" started
    grep -q "the volume is empty" "$work/log/$old.server" || fail "$old did not notice its empty volume"
    reads_everywhere 4

    step "all pods die at once and come back with what they had, under the same primary"
    wait_until 30 "it takes writes" write 5
    reads_everywhere 5
    for pod in "${pods[@]}"; do kill_pod KILL "$pod"; done
    for pod in "${pods[@]}"; do wait_until 5 "it is gone" gone "$pod"; done
    for pod in "${pods[@]}"; do start "$pod"; done
    for pod in "${pods[@]}"; do wait_until 90 "$pod has started" probe "$pod" started; done
    agree "$primary"
    reads_everywhere 5

    step "all pods die at once, and only the primary's volume is left"
    for pod in "${pods[@]}"; do kill_pod KILL "$pod"; done
    for pod in "${pods[@]}"; do
        wait_until 5 "it is gone" gone "$pod"
        [ "$pod" = "$primary" ] || rm -rf "$work/$pod"/volumes/data/*
        start "$pod"
    done
    for pod in "${pods[@]}"; do wait_until 90 "$pod has started" probe "$pod" started; done
    agree "$primary"
    reads_everywhere 5

    step "cut off from the others, a primary soon takes no more writes"
    for pod in "${pods[@]}"; do [ "$pod" = "$primary" ] || kill_pod KILL "$pod"; done
    wait_until 30 "it refuses" refuses_writes
    for pod in "${pods[@]}"; do [ "$pod" = "$primary" ] || start "$pod"; done
    for pod in "${pods[@]}"; do wait_until 90 "$pod has started" probe "$pod" started; done
    wait_until 90 "all is as before" write_to_primary 6
    reads_everywhere 6
}

single() {
    pod=${pods[0]}
    step "one server starts"
    start "$pod"
    wait_until 30 "it is ready" probe "$pod" ready
    alive "$pod" 6379 || fail "it is not alive"
    only_the_password_opens
    [ "$(ask "$pod" 6379 set fact 1)" = OK ] || fail "no write"
    step "its memory is filled"
    fill >"$work/filled" 2>&1 || :
    if grep -q '^appendonly "yes"' "$rendered/server.conf"; then
        grep -q '^OOM' "$work/filled" || fail "a store does not refuse writes"
        evicted 0 || fail "a store evicts"
    else
        ! grep -qv '^OK' "$work/filled" || fail "a cache refuses writes"
        ! evicted 0 || fail "nothing was evicted"
    fi
    step "it restarts"
    stop "$pod"
    start "$pod"
    wait_until 30 "it is ready" probe "$pod" ready
    if grep -q '^appendonly "yes"' "$rendered/server.conf"; then
        [ "$(ask "$pod" 6379 get fact)" = 1 ] || fail "it forgot"
    else
        [ "$(ask "$pod" 6379 dbsize)" = 0 ] || fail "a cache kept something"
    fi
}

only_the_password_opens() {
    [[ $(in_pod "${pods[0]}" redis-cli -p 6379 get x 2>&1) == *NOAUTH* ]] || fail "no password is needed"
    if [ "${#pods[@]}" -gt 1 ]; then
        [[ $(in_pod "${pods[0]}" redis-cli -p 26379 sentinel masters 2>&1) == *NOAUTH* ]] || fail "Sentinels need no password"
    fi
    local all
    all=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ') || :
    [[ $all == *"$brand-server"* && $all != *"$PASSWORD"* ]] || fail "a password is an argument"
    ! grep -qF -- "$PASSWORD" "$work"/log/* || fail "a password is in a log"
}

counted_beyond() { [ "$(cat "$work/counted")" -gt "$1" ]; }

# Counts up as fast as the primary confirms, wherever it is.
count() {
    echo 0 >"$work/counted"
    local said
    until [ -e "$work/enough" ]; do
        said=$(ask "$(primary_of "$name-0" || primary_of "$name-1" || primary_of "$name-2" || echo "$name-0")" 6379 incr counter)
        case $said in
            '' | *[!0-9]*) sleep 0.1 ;;
            *) echo "$said" >"$work/counted.new" && mv "$work/counted.new" "$work/counted" ;;
        esac
    done
}

fill() {
    local block
    block=$(head -c 100000 /dev/zero | tr '\0' x)
    seq 1 3000 | sed "s/.*/SET filler:& $block/" |
        in_pod "$pod" REDISCLI_AUTH="$PASSWORD" redis-cli -p 6379
}

evicted() { ask "$pod" 6379 info stats | grep -qx "evicted_keys:$1."; }

# Whether the Sentinel of a pod has heard of all replicas: it asks the primary every 10 seconds.
knows_all() { [ "$(ask "$1" 26379 sentinel replicas "$name" | grep -cx flags)" -eq $((${#pods[@]} - 1)) ]; }

write() { [ "$(ask "$primary" 6379 set fact "$1")" = OK ]; }
write_to_primary() { primary=$(primary_of "$name-0") && write "$1"; }
refuses_writes() { [[ $(ask "$primary" 6379 set fact no) == NOREPLICAS* ]]; }
reads() { [ "$(ask "$1" 6379 get fact)" = "$2" ]; }
reads_everywhere() { for pod in "${pods[@]}"; do wait_until 60 "$pod has $1" reads "$pod" "$1"; done; }

# Who the Sentinel of a pod takes for the primary, by its pod's name.
primary_of() {
    local host
    host=$(ask "$1" 26379 sentinel get-master-addr-by-name "$name" | sed -n 1p)
    case $host in "$name"-*.*) echo "${host%%.*}" ;; *) return 1 ;; esac
}

# Whether all Sentinels that run agree on a primary other than `old`.
another_primary() {
    local found=
    for pod in "${pods[@]}"; do
        [ "$pod" != "$old" ] || continue
        local one
        one=$(primary_of "$pod") || return 1
        [ "$one" != "$old" ] || return 1
        [ -z "$found" ] || [ "$one" = "$found" ] || return 1
        found=$one
    done
    [ "$(ask "$found" 6379 role | sed -n 1p)" = master ] || return 1
    primary=$found
}

agree() {
    for pod in "${pods[@]}"; do
        [ "$(primary_of "$pod")" = "$1" ] || fail "$pod takes $(primary_of "$pod") for the primary, not $1"
    done
}

# --- pods ------------------------------------------------------------------------------------------------------------

find_servers() {
    server=$(PATH=$CACHE/bin:$PATH command -v "$brand-server") || skip "no $brand-server is installed"
    command -v redis-cli >/dev/null || skip "no redis-cli is installed"
}

lay_out() {
    pod_user=999 pod_group=1000 pod_folder=/data
    etc=/etc/$brand
    hosts=$(sed -n "s/^hosts='\(.*\)'$/\1/p" "$rendered/node.sh")
    pods=()
    for host in ${hosts:-$name-0.$name-headless.data.svc.cluster.local}; do
        pod=${host%%.*}
        pods+=("$pod")
        pod "$pod" "$host"
        for program in "$brand-server" "$brand-sentinel"; do
            install -m 755 "$server" "$work/$pod/root/usr/local/bin/$program"
        done
        [ "$brand" = redis ] || ln -s /usr/bin/redis-cli "$work/$pod/root/usr/local/bin/$brand-cli"
        printf '#!/bin/sh\n[ -w . ] || exit 1\numask 0077\nexec "$@"\n' >"$work/$pod/root/usr/local/bin/docker-entrypoint.sh"
        chmod 755 "$work/$pod/root/usr/local/bin/docker-entrypoint.sh"
        rm -rf "$work/$pod/root$etc"
        files "$pod" "$etc" "$rendered"/*
        mkdir "$work/$pod/volumes/config--etc-$brand/secrets"
        secret "$pod" "$etc/secrets/password" "$PASSWORD"
        volume "$pod" data /data
        volume "$pod" run "/run/$brand"
        volume "$pod" tmp /tmp
        seal "$pod"
    done
}

host() { echo "$1.$name-headless.data.svc.cluster.local"; }

start() {
    # what is in memory is gone with the pod
    rm -rf "$work/$1"/volumes/run/*
    run "$1" server "$etc/node.sh" serve
    [ ! -e "$rendered/sentinel.conf" ] || run "$1" sentinel "$etc/node.sh" sentinel
}

stop() {
    kill_pod TERM "$1"
    wait_until 20 "$1 stops" gone "$1"
}

probe() { in_pod "$1" "$etc/node.sh" "$2"; }
alive() { in_pod "$1" "$brand-cli" -h 127.0.0.1 -p "$2" ping >/dev/null; }

ask() {
    local pod=$1 port=$2
    shift 2
    in_pod "$pod" REDISCLI_AUTH="$PASSWORD" timeout 10 redis-cli -p "$port" "$@" 2>/dev/null || :
}

main "$@"
