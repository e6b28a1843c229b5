//! Edits of the stacks of engines, for topologies that no shipped stack has: members that go, and what operators run.

use super::rows::{Edit, Row, STACK, row};

/// An engine's stack, its environment, what is edited on both sides, and the rows.
pub(crate) const ALL: &[(&str, &str, &[Edit], &[Row])] = &[
    ("clickhouse", "sharded", &[(STACK, "shards: 2", "shards: 3")], SHARDS),
    ("clickhouse", "sharded", &[], KEEPER),
    (
        "seaweedfs",
        "cluster",
        &[(STACK, "master: { resources", "master: { replicas: 5, resources")],
        SEAWEEDFS,
    ),
    ("cassandra", "wide", &[], CASSANDRA),
    ("mongodb", "replicated", &[(STACK, "replicas: 3, config", "replicas: 5, config")], MONGODB),
    ("valkey", "replicated", &[(STACK, "replicas: 3, storage", "replicas: 5, storage")], VALKEY),
    (
        "vault",
        "cluster",
        &[(STACK, "  cluster: {}", "  cluster: { stateful: { vault: { replicas: 5 } } }")],
        VAULT,
    ),
    ("rabbitmq", "five", &[], RABBITMQ_PLAIN),
    ("etcd", "cluster", &[], ETCD),
    ("redpanda", "cluster", &[(STACK, "replicas: 3\n", "replicas: 5\n")], REDPANDA),
    ("kafka", "operator-separate", &[], STRIMZI),
    ("rabbitmq", "operator-ha", &[], RABBITMQ),
    ("rabbitmq", "operator", &[], RABBITMQ_GONE),
    ("redis", "operator-ha", &[], REDIS),
];

const SHARDS: &[Row] = &[
    // Each shard has as many servers as before.
    row(
        &[(STACK, "shards: 3", "shards: 2")],
        "StatefulSet data/events-shard-0",
        "rolling",
        "stack.yaml: events:",
        6,
    )
    .compiled(),
    row(&[(STACK, "shards: 3", "shards: 2")], "StatefulSet data/events-shard-2", "data", "", 6)
        .first("kubectl exec events-shard-2-0 -n data -- clickhouse-client -q \"BACKUP ALL")
        .steps(&[
            "kubectl exec events-shard-2-0 -n data -- clickhouse-client -q \"select * from DATABASE.TABLE",
            "stackgen render sharded",
            "kubectl delete statefulset events-shard-2 -n data",
            "kubectl delete pvc data-events-shard-2-0 data-events-shard-2-1 -n data",
        ])
        .never("data-events-shard-0")
        .compiled(),
];

const KEEPER: &[Row] = &[row(
    &[(STACK, "keeper: { replicas: 5,", "keeper: { replicas: 3,")],
    "StatefulSet data/events-keeper",
    "data",
    "stack.yaml: keeper: { replicas: 3,",
    6,
)
.first("take events-keeper-4 out of the voters")
.steps(&["take events-keeper-3 out of the voters # one that is only gone still counts to the majority"])
// Its voters are told by files alone.
.never("reconfig remove")];

const ETCD: &[Row] = &[row(
    &[(STACK, "replicas: 3, config", "replicas: 1, config")],
    "StatefulSet data/kv",
    "data",
    "stack.yaml: stateful: { kv: { replicas: 1,",
    3,
)
.first("kubectl exec kv-0 -n data -- etcdctl member list")
.steps(&["kubectl exec kv-0 -n data -- etcdctl member remove ID"])];

const REDPANDA: &[Row] = &[row(
    &[(STACK, "replicas: 5\n", "replicas: 3\n")],
    "StatefulSet data/bus",
    "data",
    "stack.yaml: replicas: 3",
    2,
)
.first("kubectl exec bus-0 -n data -- rpk redpanda admin brokers list")
.steps(&["kubectl exec bus-0 -n data -- rpk redpanda admin brokers decommission ID"])];

const STRIMZI: &[Row] = &[row(
    &[(STACK, "storageClass: fast, replicas: 4", "storageClass: fast, replicas: 3")],
    "KafkaNodePool data/events-broker",
    "data",
    "stack.yaml: events: { backend: operator,",
    1,
)
.first("see to the brokers that go")];

const RABBITMQ: &[Row] = &[row(
    &[(
        STACK,
        "version: 4.2.6\n        replicas: 5\n        storageClass",
        "version: 4.2.6\n        replicas: 3\n        storageClass",
    )],
    "RabbitmqCluster data/bus",
    "data",
    "stack.yaml: replicas: 3",
    1,
)
.first("see to the members that go")];

const REDIS: &[Row] = &[row(
    &[(STACK, "redis-sentinel:v8.6.2\n        replicas: 5", "redis-sentinel:v8.6.2\n        replicas: 3")],
    "RedisReplication data/cache-redis",
    "data",
    "stack.yaml: replicas: 3",
    2,
)
.first("see to the servers that go")];

const RABBITMQ_GONE: &[Row] = &[row(
    &[(
        STACK,
        "stateful: { bus: { backend: operator, plugins: [rabbitmq_management], vhost: shop, monitor: { by: prometheus } } }",
        "services: { app: null }\n    clients: { prometheus: null }\n    stateful: { bus: null }",
    )],
    "RabbitmqCluster data/bus",
    "data",
    "",
    12,
)
// Those of a server that the stack runs itself are not for the operator's.
.first("take a backup, in the way of its makers")
.steps(&[
    "for volume in $(kubectl get pvc -n data -l app.kubernetes.io/name=bus,app.kubernetes.io/part-of=rabbitmq -o",
    "stackgen render operator",
    "kubectl delete rabbitmqcluster.rabbitmq.com bus -n data",
])
.compiled()];

const SEAWEEDFS: &[Row] = &[
    row(
        &[(STACK, "replicas: 3\n        replication", "replicas: 2\n        replication")],
        "StatefulSet data/files-volume",
        "data",
        "stack.yaml: replicas: 2",
        1,
    )
    // A master listens there, and none beside a volume server.
    .first("kubectl exec -it files-master-0 -n data -- weed shell")
    .steps(&["kubectl delete pvc data-files-volume-2 -n data"]),
    // The volume servers are as many as before.
    row(
        &[(STACK, "master: { replicas: 5, resources", "master: { replicas: 3, resources")],
        "StatefulSet data/files-master",
        "data",
        "stack.yaml: master: { replicas: 3,",
        4,
    )
    .first("kubectl exec -it files-master-0 -n data -- weed shell")
    .steps(&[
        "kubectl delete pvc data-files-master-4 -n data",
        "kubectl delete pvc data-files-master-3 -n data",
    ]),
];

const CASSANDRA: &[Row] = &[row(
    &[(STACK, "replicas: 6,", "replicas: 5,")],
    "StatefulSet data/store",
    "data",
    "stack.yaml: store: { replicas: 5,",
    3,
)
// The node that goes gives its rows away itself.
.first("kubectl exec store-5 -n data -- nodetool decommission")];

const MONGODB: &[Row] = &[row(
    &[(STACK, "replicas: 5, config", "replicas: 3, config")],
    "StatefulSet data/db",
    "data",
    "stack.yaml: db: { replicas: 3,",
    5,
)
.first("kubectl exec -it db-0 -n data -- mongosh -u root -p --authenticationDatabase admin --eval 'rs.remove(\"db-4.")
.steps(&["kubectl exec -it db-0 -n data -- mongosh -u root -p --authenticationDatabase admin --eval 'rs.remove(\"db-3."])];

const VALKEY: &[Row] = &[row(
    &[(STACK, "replicas: 5, storage", "replicas: 3, storage")],
    "StatefulSet data/sessions",
    "data",
    "stack.yaml: stateful: { sessions: { mode: replicated, replicas: 3,",
    3,
)
.first("kubectl exec -it sessions-4 -n data -- valkey-cli --askpass CONFIG SET replica-priority 0")
.steps(&[
    "stackgen render replicated",
    "kubectl exec -it sessions-0 -n data -c sentinel -- valkey-cli -p 26379 --askpass SENTINEL RESET '*'",
])
.never("redis-cli")];

const VAULT: &[Row] = &[row(
    &[(STACK, "vault: { replicas: 5 }", "vault: { replicas: 3 }")],
    "StatefulSet vault/vault",
    "data",
    "stack.yaml: cluster: { stateful: { vault: { replicas: 3 } } }",
    3,
)
.first("kubectl exec vault-0 -n vault -- vault operator raft remove-peer vault-4")
.steps(&[
    "kubectl exec vault-0 -n vault -- vault operator raft list-peers",
    "kubectl exec vault-0 -n vault -- vault operator raft remove-peer vault-3",
])];

const RABBITMQ_PLAIN: &[Row] = &[row(
    &[(
        STACK,
        "version: 4.2.6\n        replicas: 5\n        erl",
        "version: 4.2.6\n        replicas: 3\n        erl",
    )],
    "StatefulSet data/bus",
    "data",
    "stack.yaml: replicas: 3",
    3,
)
.first("kubectl exec bus-0 -n data -- rabbitmq-queues shrink rabbit@bus-4.")
.steps(&[
    "stackgen render five",
    "kubectl exec bus-0 -n data -- rabbitmqctl forget_cluster_node rabbit@bus-4.",
])];
