//! Edits of the shipped stacks, and what `stackgen diff` says of each.

/// An edit of a file: what is replaced, once, and by what.
pub(crate) type Edit = (&'static str, &'static str, &'static str);

pub(crate) struct Row {
    pub(crate) edits: &'static [Edit],
    /// An object, what becomes of it, and the file with the start of the line that is named for it.
    pub(crate) object: &'static str,
    pub(crate) impact: &'static str,
    pub(crate) line: &'static str,
    /// How many objects differ in all.
    pub(crate) objects: usize,
}

const fn row(
    edits: &'static [Edit],
    object: &'static str,
    impact: &'static str,
    line: &'static str,
    objects: usize,
) -> Row {
    Row { edits, object, impact, line, objects }
}

pub(crate) const SERVICES: &str = "services.yaml";
pub(crate) const STATEFUL: &str = "stateful.yaml";
const STACK: &str = "stack.yaml";

pub(crate) const ORBIT: &[Row] = &[
    row(
        &[("versions.env", "BIFROST=sha-3f2a9c1", "BIFROST=sha-0000000")],
        "Deployment orbit/bifrost",
        "rolling",
        "services.yaml: image: ghcr.io/drewpayment/orbit/${name}:${versions.BIFROST}",
        1,
    ),
    row(
        &[("config/dynamicconfig/production-sql.yaml", "limit.maxIDLength", "limit.maxIdLength")],
        "Deployment orbit/temporal",
        "downtime",
        "services.yaml: files: { /etc/temporal/dynamicconfig: { folder:",
        2,
    ),
    row(
        &[("config/dynamicconfig/production-sql.yaml", "limit.maxIDLength", "limit.maxIdLength")],
        "ConfigMap orbit/temporal-dynamicconfig",
        "hot",
        "services.yaml: files: { /etc/temporal/dynamicconfig: { folder:",
        2,
    ),
    row(
        &[(SERVICES, "key: RESEND_API_KEY }", "key: GITHUB_APP_ID }")],
        "Deployment orbit/orbit-www",
        "rolling",
        "services.yaml: RESEND_API_KEY: { secret: orbit-secrets, key:",
        1,
    ),
    row(
        &[(SERVICES, "uses: [redis, \"redpanda:kafka\"]", "uses: [redis, \"redpanda:kafka\", mongodb]")],
        "NetworkPolicy orbit/mongodb",
        "hot",
        "services.yaml: uses: [redis, \"redpanda:kafka\", mongodb]",
        2,
    ),
    row(
        &[(SERVICES, "uses: [redis, \"redpanda:kafka\"]", "uses: [redis, \"redpanda:kafka\", mongodb]")],
        "NetworkPolicy orbit/bifrost",
        "hot",
        "services.yaml: uses: [redis, \"redpanda:kafka\", mongodb]",
        2,
    ),
    row(
        &[(SERVICES, "  temporal-ui:\n", "  temporal-web:\n")],
        "Deployment orbit/temporal-ui",
        "downtime",
        "",
        11,
    ),
    row(
        &[(SERVICES, "  temporal-ui:\n", "  temporal-web:\n")],
        "Deployment orbit/temporal-web",
        "scale",
        "services.yaml: temporal-web:",
        11,
    ),
    row(
        &[(
            STATEFUL,
            "version: ${versions.MONGODB}\n    storage: 20Gi",
            "version: ${versions.MONGODB}\n    storage: 30Gi",
        )],
        "StatefulSet orbit/mongodb",
        "recreate",
        "stateful.yaml: storage: 30Gi",
        2,
    ),
    row(
        &[(
            STATEFUL,
            "version: ${versions.MONGODB}\n    storage: 20Gi",
            "version: ${versions.MONGODB}\n    storage: 10Gi",
        )],
        "StatefulSet orbit/mongodb",
        "data",
        "stateful.yaml: storage: 10Gi",
        2,
    ),
    row(
        &[(STACK, "stack: orbit\n", "stack: orbits\n")],
        "Deployment orbit/bifrost",
        "recreate",
        "services.yaml: bifrost:",
        81,
    ),
    row(
        &[(
            STACK,
            "host: api.github.com, cidrs: { cidr: 0.0.0.0/0,",
            "host: api.github.com, port: 8443, cidrs: { cidr: 0.0.0.0/0,",
        )],
        "NetworkPolicy orbit/orbit-www",
        "hot",
        "services.yaml: uses: [mongodb, redis, temporal:grpc,",
        3,
    ),
    row(
        &[(SERVICES, "\"orbit.${parameters.domain}\"", "\"www.${parameters.domain}\"")],
        "HTTPRoute orbit/orbit-www",
        "downtime",
        "services.yaml: expose: { http: { gateway: external, hosts:",
        1,
    ),
    row(
        &[(
            SERVICES,
            "    profile: own\n    image: ghcr.io/drewpayment/orbit/${name}:${versions.TEMPORAL_WORKER}",
            "    profile: own\n    labels: { team: build }\n    image: ghcr.io/drewpayment/orbit/${name}:${versions.TEMPORAL_WORKER}",
        )],
        "Deployment orbit/temporal-worker",
        "rolling",
        "services.yaml: labels: { team: build }",
        1,
    ),
    row(
        &[(
            SERVICES,
            "    rollout: recreate # two servers that do not see each other would both own all shards\n",
            "",
        )],
        "Deployment orbit/temporal",
        "hot",
        "services.yaml: temporal:",
        1,
    ),
    row(
        &[(
            SERVICES,
            "      - --oci-worker-no-process-sandbox\n",
            "      - --oci-worker-no-process-sandbox\n      - --debug\n",
        )],
        "DaemonSet orbit/buildkit",
        "rolling",
        "services.yaml: - --addr=unix:///run/user/1000/buildkit/buildkitd.sock",
        1,
    ),
    row(
        &[(SERVICES, "maxUsedSpace = \"10GB\"", "maxUsedSpace = \"11GB\"")],
        "DaemonSet orbit/buildkit",
        "rolling",
        "services.yaml: /etc/buildkit/buildkitd.toml:",
        2,
    ),
    row(
        &[(STATEFUL, "artifacts: {}, registry: {}", "artifacts: {}, registry: {}, logs: {}")],
        "Job orbit/minio-setup",
        "hot",
        "stateful.yaml: minio:",
        2,
    ),
    row(
        &[(SERVICES, "ports: { grpc: 50060, kafka: 9092 }", "ports: { grpc: 50060 }")],
        "Service orbit/bifrost",
        "downtime",
        "services.yaml: ports: { grpc: 50060 }",
        2,
    ),
    row(
        &[(SERVICES, "    terminationGracePeriodSeconds: 300\n", "    terminationGracePeriodSeconds: 400\n")],
        "DaemonSet orbit/buildkit",
        "rolling",
        "services.yaml: terminationGracePeriodSeconds: 400",
        1,
    ),
    row(
        &[(STATEFUL, "${parameters.share}/${name}", "${parameters.share}/v2/${name}")],
        "PersistentVolume orbit.data-redis-0",
        "recreate",
        "stateful.yaml: volumeAttributes: { server:",
        5,
    ),
];

pub(crate) const PLATFORM_KERNEL: &[Row] = &[
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
    ),
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
    ),
    row(
        &[("versions.env", "POSTGRES_VERSION=17-alpine", "POSTGRES_VERSION=18-alpine")],
        "StatefulSet platform-infra/postgres",
        "rolling",
        "stateful.yaml: version: \"${versions.POSTGRES_VERSION}\"",
        2,
    ),
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
    ),
];

pub(crate) const CYODA: &[Row] = &[
    row(
        &[(SERVICES, "CYODA_JWT_ISSUER: cyoda", "CYODA_JWT_ISSUER: other")],
        "ConfigMap cyoda/cyoda",
        "hot",
        "services.yaml: CYODA_JWT_ISSUER: other",
        2,
    ),
    row(
        &[(SERVICES, "CYODA_JWT_ISSUER: cyoda", "CYODA_JWT_ISSUER: other")],
        "Deployment cyoda/cyoda",
        "rolling",
        "services.yaml: CYODA_JWT_ISSUER: other",
        2,
    ),
    row(
        &[(SERVICES, "terminationGracePeriodSeconds: 360", "terminationGracePeriodSeconds: 420")],
        "Deployment cyoda/cyoda",
        "rolling",
        "services.yaml: terminationGracePeriodSeconds: 420",
        1,
    ),
];

pub(crate) const BITVAULT: &[Row] = &[
    row(
        &[(SERVICES, "        max: 20\n", "        max: 21\n")],
        "ScaledObject bitvault-prod/bitvault-worker",
        "scale",
        "services.yaml: max: 21",
        1,
    ),
    row(
        &[(STATEFUL, "storage: 100Gi", "storage: 200Gi")],
        "Cluster bitvault-prod-data/postgres",
        "unknown",
        "stateful.yaml: storage: 200Gi",
        1,
    ),
    row(
        &[(STATEFUL, "maxBytes: 4Gi", "maxBytes: 8Gi")],
        "Job bitvault-prod-data/nats-setup",
        "hot",
        "stateful.yaml: nats:",
        2,
    ),
];
