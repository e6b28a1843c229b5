//! Edits of the stack `platform-kernel`.

use super::rows::{Row, SERVICES, STACK, STATEFUL, row};

pub(crate) const ROWS: &[Row] = &[
    row(
        &[(STACK, "    scale: 3\n", "    scale: 4\n")],
        "Deployment platform-services/notify",
        "scale",
        "stack.yaml: scale: 4",
        8,
    ),
    row(
        &[(STACK, "LOG_LEVEL: info", "LOG_LEVEL: debug")],
        "Deployment platform-services/notify",
        "rolling",
        "stack.yaml: LOG_LEVEL: debug",
        12,
    ),
    row(
        &[(STACK, "requests: { cpu: 100m, memory: 64Mi }", "requests: { cpu: 100m, memory: 96Mi }")],
        "Deployment platform-services/iam",
        "rolling",
        "stack.yaml: resources: { requests: { cpu: 100m, memory:",
        12,
    ),
    row(
        &[(STACK, "http: /health/ready,", "http: /health/readyz,")],
        "Deployment platform-services/iam",
        "rolling",
        "stack.yaml: readiness: { http: /health/readyz, port: http,",
        12,
    ),
    row(
        &[(STACK, "hpa: { min: 3, max: 20,", "hpa: { min: 3, max: 30,")],
        "HorizontalPodAutoscaler platform-services/gateway",
        "scale",
        "stack.yaml: scale: { hpa: { min: 3, max: 30, cpu: 60,",
        4,
    ),
    row(
        &[(
            STACK,
            "nodes: { node-type: stateless }, spread",
            "nodes: { node-type: stateless }, priorityClass: important, spread",
        )],
        "Deployment platform-services/iam",
        "rolling",
        "stack.yaml: stateless: { nodes: { node-type: stateless },",
        14,
    ),
    row(
        &[(STACK, "storageClass: fast-ssd", "storageClass: slow-ssd")],
        "StatefulSet platform-infra/kafka",
        "recreate",
        "stack.yaml: storageClass: slow-ssd",
        8,
    )
    .together(8)
    .first("kubectl delete statefulset kafka -n platform-infra --cascade=orphan"),
    row(
        &[(
            STACK,
            "services: { name: platform-services, podSecurity: restricted,",
            "services: { name: platform-services, podSecurity: baseline,",
        )],
        "Namespace platform-services",
        "hot",
        "stack.yaml: services: { name: platform-services,",
        1,
    ),
    row(
        &[(STACK, "mtls: STRICT, authorization", "mtls: PERMISSIVE, authorization")],
        "PeerAuthentication platform-services/default",
        "hot",
        "stack.yaml: istio: { mode: sidecar, mtls: PERMISSIVE,",
        1,
    ),
    row(
        &[(STATEFUL, "replicas: 3 # each", "replicas: 5 # each")],
        "StatefulSet platform-infra/kafka",
        "rolling",
        "stateful.yaml: replicas: 5 # each a broker and a controller",
        2,
    )
    .first("stackgen render prod | kubectl apply -f -"),
    row(
        &[("versions.env", "POSTGRES_VERSION=17-alpine", "POSTGRES_VERSION=18-alpine")],
        "StatefulSet platform-infra/postgres",
        "data",
        "stateful.yaml: version: \"${versions.POSTGRES_VERSION}\"",
        2,
    )
    .first("in the stack, `scale: 0` for `")
    .steps(&[
        "kubectl exec postgres-0 -n platform-infra -- sh -c 'pg_dumpall",
        "kubectl delete statefulset postgres -n platform-infra # claims are deleted",
        "kubectl exec -i postgres-0 -n platform-infra -- sh -c 'psql",
        "in the stack, `scale` of `",
    ]),
    row(
        &[
            ("versions.env", "POSTGRES_VERSION=17-alpine", "POSTGRES_VERSION=18-alpine"),
            (STATEFUL, "    storage: 200Gi\n    database: platform_kernel", "    storage: 300Gi\n    database: platform_kernel"),
        ],
        "StatefulSet platform-infra/postgres",
        "data",
        "stateful.yaml: version: \"${versions.POSTGRES_VERSION}\"",
        2,
    )
    .first("in the stack, `scale: 0` for `")
    .steps(&["kubectl delete statefulset postgres -n platform-infra # claims are deleted"])
    .never("--cascade=orphan"),
    row(
        &[(STATEFUL, "replicas: 3 # each", "replicas: 1 # each")],
        "StatefulSet platform-infra/kafka",
        "data",
        "stateful.yaml: replicas: 1 # each",
        3,
    )
    .first("kubectl exec kafka-0 -n platform-infra -- /opt/kafka/bin/kafka-reassign-partitions.sh")
    .steps(&[
        "kubectl exec kafka-0 -n platform-infra -- /opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-server kafka-0.kafka-headless.platform-infra.svc.cluster.local:9092 describe --status # where kafka-2",
        "kubectl exec kafka-0 -n platform-infra -- /opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-server kafka-0.kafka-headless.platform-infra.svc.cluster.local:9092 describe --status # where kafka-1",
    ]),
    row(
        &[(STATEFUL, "replicas: 2 # of one shard", "replicas: 1 # of one shard")],
        "StatefulSet platform-infra/clickhouse",
        "data",
        "stateful.yaml: replicas: 1 # of one shard",
        8,
    )
    .together(2)
    .first("kubectl exec clickhouse-1 -n platform-infra -- clickhouse-client")
    .steps(&[
        "kubectl scale statefulset clickhouse -n platform-infra --replicas=1",
        "kubectl exec clickhouse-0 -n platform-infra -- clickhouse-client -q \"SYSTEM DROP REPLICA 'clickhouse-1'",
        "stackgen render",
    ]),
    row(
        &[
            (
                STATEFUL,
                "  seaweedfs: # master, volume server, filer and S3 in one process; `mode: distributed` takes them apart\n    kind: seaweedfs\n    profile: tier\n    version: \"${versions.SEAWEEDFS_VERSION}\"\n    storage: 200Gi\n    s3Config: { secret: seaweedfs-s3, key: s3.json }\n    resources: { requests: { cpu: 250m, memory: 512Mi }, limits: { cpu: \"1\", memory: 1Gi } }\n",
                "",
            ),
            (STACK, "      seaweedfs: { storage: 20Gi }\n", ""),
            (SERVICES, "\"seaweedfs:s3\", ", ""),
            (
                SERVICES,
                "http://${stateful.seaweedfs.host}:${stateful.seaweedfs.port.s3}",
                "http://s3.example",
            ),
        ],
        "StatefulSet platform-infra/seaweedfs",
        "data",
        "",
        8,
    )
    .first("rclone sync seaweedfs: COPY:")
    .compiled(),
    row(
        &[(STATEFUL, "clusterId: iFuzZaKKhLr1KqIlkS0NNQ", "clusterId: MkU3OEVBNTcwNTJENDM2QQ")],
        "StatefulSet platform-infra/kafka",
        "data",
        "stateful.yaml: clusterId: MkU3OEVBNTcwNTJENDM2QQ",
        2,
    )
    .first("in the stack, put `clusterId` back to `iFuzZaKKhLr1KqIlkS0NNQ`")
    .compiled(),
    row(
        &[(STATEFUL, "    version: \"${versions.VAULT_VERSION}\"\n    storage: 10Gi", "    version: \"${versions.VAULT_VERSION}\"\n    storage: 5Gi")],
        "StatefulSet platform-infra/vault",
        "data",
        "stateful.yaml: storage: 5Gi",
        1,
    )
    .first("in the stack, `scale: 0` for `domain-resolver`, `gateway` and `iam`"),
    row(
        &[(STATEFUL, "    version: \"${versions.RABBITMQ_VERSION}\"\n    storage: 10Gi", "    version: \"${versions.RABBITMQ_VERSION}\"\n    storage: 20Gi")],
        "StatefulSet platform-infra/rabbitmq",
        "recreate",
        "stateful.yaml: storage: 20Gi",
        1,
    )
    .first("kubectl get storageclass fast-ssd -o jsonpath="),
    row(
        &[(STATEFUL, "replicas: 2 # of one shard", "replicas: 3 # of one shard")],
        "StatefulSet platform-infra/clickhouse",
        "rolling",
        "stateful.yaml: replicas: 3 # of one shard",
        2,
    ),
    row(
        &[("versions.env", "RABBITMQ_VERSION=4.1-management", "RABBITMQ_VERSION=4.2-management")],
        "StatefulSet platform-infra/rabbitmq",
        "downtime",
        "stateful.yaml: version: \"${versions.RABBITMQ_VERSION}\"",
        1,
    )
    .first("kubectl exec rabbitmq-0 -n platform-infra -- rabbitmqctl -q export_definitions"),
    row(
        &[("versions.env", "RABBITMQ_VERSION=4.1-management", "RABBITMQ_VERSION=4.3-management")],
        "StatefulSet platform-infra/rabbitmq",
        "data",
        "stateful.yaml: version: \"${versions.RABBITMQ_VERSION}\"",
        1,
    )
    .first("in the stack, `version: \"4.2\"` first"),
    row(
        &[("versions.env", "KAFKA_VERSION=3.9.0", "KAFKA_VERSION=4.1.1")],
        "StatefulSet platform-infra/kafka",
        "rolling",
        "stateful.yaml: version: \"${versions.KAFKA_VERSION}\"",
        2,
    )
    .first("copy the topics to another cluster"),
    row(
        &[("versions.env", "VAULT_VERSION=1.19", "VAULT_VERSION=1.20")],
        "StatefulSet platform-infra/vault",
        "hot",
        "stateful.yaml: version: \"${versions.VAULT_VERSION}\"",
        1,
    )
    .first("kubectl port-forward vault-0 -n platform-infra 8200:8200 &"),
    row(
        &[("versions.env", "CLICKHOUSE_VERSION=25.3", "CLICKHOUSE_VERSION=26.8")],
        "StatefulSet platform-infra/clickhouse-keeper",
        "data",
        "stateful.yaml: version: \"${versions.CLICKHOUSE_VERSION}\"",
        2,
    )
    .together(2)
    .first("in the stack, `version: \"26.3\"` first"),
    row(
        &[(STACK, "maxSurge: 1, maxUnavailable: 0", "maxSurge: 2, maxUnavailable: 0")],
        "Deployment platform-services/gateway",
        "hot",
        "stack.yaml: rollout: { maxSurge: 2,",
        12,
    ),
    row(
        &[(STACK, "cpu: 60, memory: 75", "cpu: 65, memory: 75")],
        "HorizontalPodAutoscaler platform-services/gateway",
        "hot",
        "stack.yaml: scale: { hpa: { min: 3, max: 20, cpu: 65,",
        4,
    ),
    row(
        &[(STACK, "name: platform-ingress", "name: platform-edge")],
        "Namespace platform-edge",
        "data",
        "stack.yaml: ingress: { name: platform-edge,",
        19,
    )
    .first("kubectl get all,pvc,configmap,secret,ingress -n platform-ingress"),
    row(
        &[(STACK, "name: platform-ingress", "name: platform-edge")],
        "Service platform-edge/envoy",
        "downtime",
        "edge.yaml: envoy:",
        19,
    ),
];
