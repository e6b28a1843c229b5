#!/usr/bin/env bash
# Live proof of a ring of Cassandra: three real nodes, run from the rendered files in pods of one machine (pods.bash), each
# with its name and its address, made one after the other as the controller does.
#
#   tests/engines/cassandra.sh TREE      (with a tier `store` of three nodes)
#
# The program is Cassandra's own jars from Maven Central, cqlsh its package of PyPI (tests/engines/install.sh). Stand-ins:
# bin/cassandra, bin/nodetool and /etc/cassandra of the image, which are in no registry. Changed: a node waits 5 s and not 30
# until it believes that the others know of it.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the logs.
set -Eeuo pipefail
# shellcheck source=pods.bash
. "$(dirname "$0")/pods.bash"

readonly SUPERUSER="it's 100% #1 \"x\"; \\" USER_PASSWORD="o'shop $ %(x)s [y] = z"
readonly SERVICE=store-headless.data.svc.cluster.local PODS=(store-0 store-1 store-2)
CACHE=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    tree=$(cd "$1/store" && pwd)
    jars=$(find "$CACHE" -maxdepth 1 -name 'cassandra-5.0.*' -type d 2>/dev/null | sort -V | tail -n 1)
    [ -n "$jars" ] || skip "no jars of Cassandra are there"
    java=$(find /usr/lib/jvm/*17*/bin/java 2>/dev/null | head -n 1)
    [ -n "$java" ] || skip "no Java 17 is installed"
    PYTHONPATH=$CACHE/cqlsh /usr/bin/python3 -c 'import cassandra, cqlshlib' 2>/dev/null || skip "no cqlsh for /usr/bin/python3"
    in_namespaces "$@"
    lay_out

    step "the first node is ready alone; the Job waits"
    make store-0
    start store-0
    run_job &
    job=$!
    wait_until 120 "store-0 is alive" open store-0 7000
    wait_until 120 "store-0 is ready" ready store-0
    ! ended "$job" || fail "the Job did not wait"

    step "the others join one after the other, with the data of their part"
    for pod in store-1 store-2; do
        make "$pod"
        start "$pod"
        wait_until 180 "$pod is ready" ready "$pod"
    done
    wait_until 60 "every node knows three that are up" whole 3
    grep -q "seeds: $(host store-0),$(host store-1),$(host store-2)$" "$work/log/store-0.server" || fail "store-0 does not begin the ring"
    grep -q "seeds: $(host store-0),$(host store-2)$" "$work/log/store-1.server" || fail "store-1 would join without data"
    grep -q "Starting to bootstrap" "$work/log/store-2.server" || fail "store-2 did not copy"

    step "the Job made roles and keyspaces, and locked the first superuser"
    wait_until 180 "the Job ends" ended "$job"
    wait "$job" || fail "the Job failed"
    ! login store-1 cassandra cassandra "SELECT cluster_name FROM system.local" || fail "the first superuser is let in"
    ! login store-1 shop wrong "SELECT cluster_name FROM system.local" || fail "a wrong password is let in"
    for keyspace in system_auth system_distributed system_traces shop sessions; do
        operator store-2 "SELECT JSON replication FROM system_schema.keyspaces WHERE keyspace_name = '$keyspace'"
        grep -q 'NetworkTopologyStrategy", "eu-central": "3"' "$work/said" || fail "$keyspace: $(cat "$work/said")"
    done
    operator store-0 "SELECT JSON name, value FROM system_views.settings WHERE name IN ('num_tokens', 'cluster_name', 'storage_compatibility_mode')"
    for value in '"num_tokens", "value": "16"' '"cluster_name", "value": "shop"' '"storage_compatibility_mode", "value": "NONE"'; do
        grep -q "$value" "$work/said" || fail "not $value"
    done

    step "the Job run again changes nothing"
    changes=$(grep -cE 'setup.sh: (made|locked|the keyspace)' "$work/log/job")
    run_job || fail "the Job failed"
    [ "$(grep -cE 'setup.sh: (made|locked|the keyspace)' "$work/log/job")" = "$changes" ] || fail "it changed something"

    step "the application may do what is its own, and nothing else"
    shop store-0 "CREATE TABLE shop.orders (id int PRIMARY KEY, text text)" || fail "it cannot make a table"
    ! shop store-0 "CREATE ROLE other" || fail "it can make a role"
    ! shop store-0 "SELECT * FROM system_auth.roles" || fail "it can read the roles"
    ! shop store-0 "GRANT SELECT ON KEYSPACE shop TO cassandra" || fail "it can pass its rights on"

    step "what a quorum takes through one node, it gives through another"
    put store-0 1 one
    expect store-2 1 one

    step "a node stops as it should; reads and writes at QUORUM go on"
    began=$SECONDS
    in_pod store-1 "${node_env[@]}" nodetool drain >>"$work/log/store-1.pre-stop" 2>&1 || fail "preStop failed"
    stop store-1
    step "  it took $((SECONDS - began)) s"
    put store-2 2 two
    expect store-0 2 two

    step "it comes back under another address, and has what it missed"
    address store-1 "$(host store-1)" 10.99.0.201
    start store-1
    wait_until 120 "store-1 is ready" ready store-1
    wait_until 120 "every node knows three that are up" whole 3
    expect store-1 2 two

    step "the first node dies; the others go on, and it comes back"
    kill_pod KILL store-0
    wait_until 5 "it is gone" gone store-0
    wait_until 60 "a quorum takes a row" put store-1 3 three
    expect store-2 3 three
    start store-0
    wait_until 120 "store-0 is ready" ready store-0
    wait_until 120 "every node knows three that are up" whole 3

    step "all stop at once; two come back without the first"
    for pod in "${PODS[@]}"; do kill_pod TERM "$pod"; done
    for pod in "${PODS[@]}"; do wait_until 60 "$pod stops" gone "$pod"; done
    start store-1
    start store-2
    for pod in store-1 store-2; do wait_until 180 "$pod is ready" ready "$pod"; done
    wait_until 120 "a quorum gives a row" expect store-1 3 three

    step "the first node lost its volume: it does not begin another ring, and gets its part again"
    find "$work/store-0/volumes/data" -mindepth 1 -delete
    address store-0 "$(host store-0)" 10.99.0.202
    lost=$(in_pod store-1 "${node_env[@]}" nodetool status | awk '$1 == "DN" { print $(NF - 1) }')
    in_pod store-1 "${node_env[@]}" nodetool removenode "$lost" || fail "it is not removed"
    start store-0
    wait_until 240 "store-0 is ready" ready store-0
    wait_until 120 "every node knows three that are up" whole 3
    grep "seeds: " "$work/log/store-0.server" | tail -n 1 | grep -q "seeds: $(host store-1),$(host store-2)$" || fail "it is a seed"
    level=ONE expect store-0 3 three

    step "probes of ports leave nothing in the logs, and no secret is told"
    for pod in "${PODS[@]}" "${PODS[@]}"; do open "$pod" 7000; done
    step "  a node takes $(($(awk '/^VmRSS/ { print $2 }' "/proc/${pod_pid[store-1.server]}/status") >> 10)) MiB"
    ! grep -E '^(WARN|ERROR).*10\.99\.0\.1[:/]' "$work"/log/*.server | grep . || fail "probes are complained about"
    nothing_tells

    step "all stop in time"
    for pod in "${PODS[@]}"; do kill_pod TERM "$pod"; done
    for pod in "${PODS[@]}"; do wait_until 60 "$pod stops" gone "$pod"; done
    echo "all steps passed in $SECONDS s, with Cassandra ${jars##*-}"
}

lay_out() {
    pod_user=999 pod_group=999
    node_env=(HOME=/tmp CASSANDRA_CONF=/run/cassandra CASSANDRA_LOG_DIR=/var/log/cassandra)
    mkdir "$work/image" "$work/bin"
    # What Java 17 must be told for Cassandra 5.0 (conf/jvm17-clients.options and jvm17-server.options), and what bin/cassandra adds.
    {
        for it in java.base/jdk.internal.misc java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry \
            java.rmi/sun.rmi.server java.sql/java.sql java.base/java.lang.ref jdk.unsupported/sun.misc; do
            echo "--add-exports $it=ALL-UNNAMED"
        done
        for it in lang.module lang lang.reflect io util; do echo "--add-opens java.base/java.$it=ALL-UNNAMED"; done
        for it in loader ref reflect math module util.jar; do echo "--add-opens java.base/jdk.internal.$it=ALL-UNNAMED"; done
        echo --add-opens java.base/sun.nio.ch=ALL-UNNAMED --add-opens jdk.management/com.sun.management.internal=ALL-UNNAMED
    } >"$work/image/jvm17-clients.options"
    {
        cat "$work/image/jvm17-clients.options"
        echo -XX:+UseG1GC -Xss256k -XX:+PerfDisableSharedMem -Djava.net.preferIPv4Stack=true
        echo -Dcassandra.ring_delay_ms=5000 -Djdk.attach.allowAttachSelf=true -Dio.netty.tryReflectionSetAccessible=true
    } >"$work/image/jvm17-server.options"
    # Another snitch's file, as older images had it: it would be read.
    echo 'default=elsewhere:elsewhere' >"$work/image/cassandra-topology.properties"
    cat >"$work/bin/cassandra" <<SH
#!/bin/sh
[ "\$1" = -f ] || exit 2
exec $java \$(cat "\$CASSANDRA_CONF/jvm17-server.options") "-Xms\$MAX_HEAP_SIZE" "-Xmx\$MAX_HEAP_SIZE" \\
    -javaagent:\$(ls /opt/cassandra/lib/jamm-*.jar) -Dcassandra.jmx.local.port=7199 -Dcassandra-foreground=yes \\
    -Dlogback.configurationFile=logback.xml -Dcassandra.logdir="\$CASSANDRA_LOG_DIR" -Dcassandra.storagedir=/var/lib/cassandra \\
    -Xlog:gc:file="\$CASSANDRA_LOG_DIR/gc.log" -cp "\$CASSANDRA_CONF:/opt/cassandra/lib/*" org.apache.cassandra.service.CassandraDaemon
SH
    cat >"$work/bin/nodetool" <<SH
#!/bin/sh
[ -z "\$MAX_HEAP_SIZE" ] || exit 2
exec $java \$(cat "\$CASSANDRA_CONF/jvm17-clients.options") -Xmx128m -cp "\$CASSANDRA_CONF:/opt/cassandra/lib/*" org.apache.cassandra.tools.NodeTool -p 7199 "\$@"
SH
    printf '#!/bin/sh\nPYTHONPATH=/opt/cqlsh PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m cqlshlib "$@"\n' >"$work/bin/cqlsh"
    chmod 755 "$work"/bin/*
    chmod 1777 "$work/image"
    image job job.data.svc.cluster.local
    files job /etc/cassandra-tier "$tree"/files/store-setup/*
    secret job /etc/cassandra-secrets/superuser "$SUPERUSER"
    secret job /etc/cassandra-secrets/user "$USER_PASSWORD"
    volume job tmp /tmp
    seal job
}

host() { echo "$1.$SERVICE"; }

# image POD HOST: a pod that has what the image has.
image() {
    local root=$work/$1/root
    pod "$1" "$2"
    mkdir -p "$root/opt/cassandra/lib" "$root/opt/cqlsh" "$root/etc/cassandra"
    mount --bind "$jars" "$root/opt/cassandra/lib"
    mount --bind "$CACHE/cqlsh" "$root/opt/cqlsh"
    cp "$work"/image/* "$root/etc/cassandra/"
    cp "$work"/bin/* "$root/usr/local/bin/"
}

# make POD: the pod of a node; from then on the headless Service has its address.
make() {
    image "$1" "$(host "$1")"
    files "$1" /etc/cassandra-tier "$tree"/files/store-config/*
    local folder
    for folder in data:/var/lib/cassandra run:/run/cassandra log:/var/log/cassandra tmp:/tmp; do
        volume "$1" "${folder%%:*}" "${folder#*:}"
    done
    seal "$1"
}

start() {
    sed "/ $SERVICE # $1\$/d" "$work/hosts" >"$work/hosts.new"
    echo "${pod_ip[$1]} $SERVICE # $1" >>"$work/hosts.new"
    cat "$work/hosts.new" >"$work/hosts"
    run "$1" server "${node_env[@]}" "POD_IP=${pod_ip[$1]}" bash /etc/cassandra-tier/start.sh
}

stop() {
    kill_pod TERM "$1"
    wait_until 60 "$1 stops" gone "$1"
}

open() { timeout 2 bash -c "exec 3<>/dev/tcp/${pod_ip[$1]}/$2"; }
ready() { ! gone "$1" || fail "$1 ended"; in_pod "$1" "POD_IP=${pod_ip[$1]}" bash /etc/cassandra-tier/ready.sh; }
ended() { ! kill -0 "$1" 2>/dev/null; }
run_job() { in_pod job HOME=/tmp bash /etc/cassandra-tier/setup.sh >>"$work/log/job" 2>&1 </dev/null; }

# whole N: every node sees N nodes, all of them up and normal.
whole() {
    local pod
    for pod in "${PODS[@]}"; do
        in_pod "$pod" "${node_env[@]}" nodetool status >"$work/status" 2>>"$work/log/nodetool" || return 1
        [ "$(grep -c '^UN ' "$work/status")" = "$1" ] && [ "$(grep -cE '^[UD][NLJM] ' "$work/status")" = "$1" ] || return 1
    done
}

# login POD ROLE PASSWORD STATEMENT
login() {
    mkdir -p "$work/client"
    printf '[PlainTextAuthProvider]\nusername = %s\npassword = %s\n' "$2" "$3" >"$work/client/credentials"
    chmod 600 "$work/client/credentials"
    printf 'CONSISTENCY %s\n%s;\n' "${level:-QUORUM}" "$4" >"$work/client/statement"
    : >"$work/client/cqlshrc"
    (cd /usr && HOME=$work/client PYTHONPATH=$CACHE/cqlsh PYTHONDONTWRITEBYTECODE=1 timeout 60 /usr/bin/python3 -m cqlshlib \
        --cqlshrc="$work/client/cqlshrc" --credentials="$work/client/credentials" --connect-timeout=10 \
        --file="$work/client/statement" "${pod_ip[$1]}" 9042) >"$work/said" 2>"$work/log/client"
}

operator() { login "$1" operator "$SUPERUSER" "$2" || fail "$2"; }
shop() { login "$1" shop "$USER_PASSWORD" "$2"; }
put() { shop "$1" "INSERT INTO shop.orders (id, text) VALUES ($2, '$3')"; }
expect() { shop "$1" "SELECT JSON text FROM shop.orders WHERE id = $2" && grep -q "\"$3\"" "$work/said"; }

nothing_tells() {
    local all
    all=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ') || :
    [[ $all == *CassandraDaemon* && $all != *"$SUPERUSER"* && $all != *"$USER_PASSWORD"* ]] || fail "a secret is an argument"
    ! grep -qF -e "$SUPERUSER" -e "$USER_PASSWORD" "$work"/log/* || fail "a secret is in a log"
}

main "$@"
