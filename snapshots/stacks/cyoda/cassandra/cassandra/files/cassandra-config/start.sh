#!/bin/bash
# Completes the configuration with what only the pod knows, and becomes the node.
set -euo pipefail

: "${POD_NAME:?must be the name of the pod}" "${POD_IP:?must be the address of the pod}" "${CASSANDRA_CONF:?}"
here=$(dirname "$0")
data='/var/lib/cassandra'
seeds=('cassandra-0.cassandra-headless.cyoda.svc.cluster.local' 'cassandra-1.cassandra-headless.cyoda.svc.cluster.local' 'cassandra-2.cassandra-headless.cyoda.svc.cluster.local')

main() {
    local list
    find_address
    list=$(seed_list)
    # The image's options of Java, and what the files of the tier do not replace. Another snitch's file would be read, too.
    cp -R /etc/cassandra/. "$CASSANDRA_CONF"
    rm -f "$CASSANDRA_CONF/cassandra-topology.properties"
    cat "$here/cassandra-rackdc.properties" >"$CASSANDRA_CONF/cassandra-rackdc.properties"
    cat "$here/logback.xml" >"$CASSANDRA_CONF/logback.xml"
    sed -e "s/@POD_IP@/$POD_IP/" -e "s/@SEEDS@/$list/" "$here/cassandra.yaml" >"$CASSANDRA_CONF/cassandra.yaml"
    say "seeds: $list"
    # Here and not in the pod, where nodetool would take them for its own.
    export MAX_HEAP_SIZE=16384M HEAP_NEWSIZE=4096M
    exec cassandra -f
}

# Where no pod says its address, POD_IP is a name: of the addresses here, the one by which others find this node stands for it.
find_address() {
    [[ $POD_IP == *[!0-9A-Fa-f.:]* ]] || return 0
    local own found
    own=$(hostname -I | tr -s ' ' '\n')
    until found=$(getent ahosts 'cassandra-headless.cyoda.svc.cluster.local' | awk '{ print $1 }' | grep -xF "${own%$'\n'}"); do
        say "waiting until the name service knows $POD_IP"
        sleep 2
    done
    POD_IP=${found%%$'\n'*}
}

# A node that is in its own list of seeds joins without data. That is right where there is no ring yet, and harmless where it has
# joined before; then it can also start when no other seed is there.
seed_list() {
    local seed list=
    for seed in "${seeds[@]}"; do
        if [ "${seed%%.*}" = "$POD_NAME" ] && ! own_seed; then continue; fi
        list=$list${list:+,}$seed
    done
    printf '%s' "$list"
}

own_seed() {
    [ ! -e "$data/joined" ] || return 0
    [ "$POD_NAME" = 'cassandra-0' ] || return 1
    # The second pod is made when the first one is ready: where there are others, the ring is there, and this volume is new.
    local pods
    until pods=$(getent ahosts 'cassandra-headless.cyoda.svc.cluster.local' | awk '{ print $1 }' | sort -u) && grep -qxF "$POD_IP" <<<"$pods"; do
        say "waiting until the name service knows this pod"
        sleep 2
    done
    [ "$pods" = "$POD_IP" ]
}

say() {
    printf 'start.sh: %s\n' "$*" >&2
}

main
