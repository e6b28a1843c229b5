#!/bin/bash
# Completes server.properties for this node, formats an empty disk, and becomes the server.
# From the pod: POD_NAME, whose last part is the ordinal.
set -euo pipefail

etc=/etc/kafka-tier
run=/run/kafka
kafka=/opt/kafka
log_dir='/var/lib/kafka/data/log'
cluster_id='c2NhbGluZy1zY2FsaW5nMQ'

main() {
    # As process 1 the shell would not act on the stop signal at all.
    trap 'exit 143' TERM INT
    node_id=$((0 + ${POD_NAME##*-}))
    export KAFKA_LOG4J_OPTS='-Dlog4j2.configurationFile=/etc/kafka-tier/log4j2.yaml'
    complete
    check_disk
    format
    export KAFKA_HEAP_OPTS='-Xms1024m -Xmx1024m'
    # No log of the garbage collector: the root file system is read-only.
    export EXTRA_ARGS='-name kafkaServer'
    exec "$kafka/bin/kafka-server-start.sh" "$run/server.properties"
}

complete() {
    {
        cat "$etc/server.properties"
        printf '\n# Of this node alone\nnode.id=%s\n' "$node_id"
        host=$POD_NAME.kafka-headless.scaling.svc.cluster.local
        printf 'advertised.listeners=CLIENT://%s:9092,BROKER://%s:9094\n' "$host" "$host"
    } >"$run/server.properties"
}

# The server itself compares the node's id with that of the disk, but not the cluster's.
check_disk() {
    [ -e "$log_dir/meta.properties" ] || return 0
    local found
    found=$(sed -n 's/^cluster\.id=//p' "$log_dir/meta.properties")
    [ "$found" = "$cluster_id" ] || refuse "the disk belongs to the cluster $found, not $cluster_id." \
        "Nothing was changed. The id is chosen once: write \`clusterId: $found\`, or give the node an empty volume."
}

# A disk is formatted once. Beside other settings it gets the cluster's id, without which no server starts.
format() {
    [ ! -e "$log_dir/meta.properties" ] || return 0
    mkdir -p "$log_dir"
    KAFKA_HEAP_OPTS=-Xmx128m "$kafka/bin/kafka-storage.sh" format --ignore-formatted \
        --cluster-id "$cluster_id" --config "$run/server.properties"
}

refuse() {
    printf 'start.sh: refused: %s\n' "$*" >&2
    exit 1
}

main
