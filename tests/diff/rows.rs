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
    /// How the first step of its recipe begins, past what pauses the tool that applies; empty where there is none.
    pub(crate) recipe: &'static str,
    /// How many objects have a recipe, where there are several: then the report says how they go together.
    pub(crate) together: usize,
    /// Whether what was there is known as a stack, and not as objects alone.
    pub(crate) compiled: bool,
    /// What more of its recipe begins so, in this order; each as it is, or with ` # ` and its reason.
    pub(crate) steps: &'static [&'static str],
    /// What no step of it has in it; empty where nothing is asked.
    pub(crate) never: &'static str,
}

pub(crate) const fn row(
    edits: &'static [Edit],
    object: &'static str,
    impact: &'static str,
    line: &'static str,
    objects: usize,
) -> Row {
    Row {
        edits,
        object,
        impact,
        line,
        objects,
        recipe: "",
        together: 0,
        compiled: false,
        steps: &[],
        never: "",
    }
}

impl Row {
    pub(crate) const fn first(mut self, recipe: &'static str) -> Self {
        self.recipe = recipe;
        self
    }

    pub(crate) const fn together(mut self, together: usize) -> Self {
        self.together = together;
        self
    }

    pub(crate) const fn steps(mut self, steps: &'static [&'static str]) -> Self {
        self.steps = steps;
        self
    }

    pub(crate) const fn never(mut self, never: &'static str) -> Self {
        self.never = never;
        self
    }

    pub(crate) const fn compiled(mut self) -> Self {
        self.compiled = true;
        self
    }
}

pub(crate) const SERVICES: &str = "services.yaml";
pub(crate) const STATEFUL: &str = "stateful.yaml";
pub(crate) const STACK: &str = "stack.yaml";

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
        "Service orbit/temporal-web",
        "downtime",
        "services.yaml: temporal-web:",
        6,
    ),
    row(
        &[(SERVICES, "  temporal-ui:\n", "  temporal-web:\n")],
        "Deployment orbit/temporal-web",
        "downtime",
        "services.yaml: temporal-web:",
        6,
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
    )
    .first("kubectl delete statefulset mongodb -n orbit --cascade=orphan"),
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
    )
    .first("kubectl port-forward mongodb-0 -n orbit 27017:27017 &"),
    row(
        &[(STACK, "stack: orbit\n", "stack: orbits\n")],
        "Deployment orbit/bifrost",
        "recreate",
        "services.yaml: bifrost:",
        81,
    )
    .together(16)
    .first("kubectl delete deployment bifrost -n orbit --cascade=orphan"),
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
    )
    .first("in the stack, keep the host `orbit.hoytlabs.app` beside"),
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
    )
    .first("in the stack, keep the port `kafka` beside"),
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
    )
    .together(5)
    .first("kubectl patch pv orbit.data-redis-0 --type merge"),
    row(
        &[("versions.env", "POSTGRESQL=15-alpine", "POSTGRESQL=16-alpine")],
        "StatefulSet orbit/postgresql",
        "data",
        "stateful.yaml: version: ${versions.POSTGRESQL}",
        1,
    )
    .first("in the stack, `scale: 0` for `temporal`")
    .steps(&[
        "kubectl scale deployment temporal -n orbit --replicas=0",
        "kubectl exec postgresql-0 -n orbit -- sh -c 'pg_dumpall",
    ]),
    row(
        &[("versions.env", "POSTGRESQL=15-alpine", "POSTGRESQL=14-alpine")],
        "StatefulSet orbit/postgresql",
        "data",
        "stateful.yaml: version: ${versions.POSTGRESQL}",
        1,
    )
    .first("in the stack, leave `version: \"15-alpine\"`"),
    row(
        &[("versions.env", "POSTGRESQL=15-alpine", "POSTGRESQL=15")],
        "StatefulSet orbit/postgresql",
        "data",
        "stateful.yaml: version: ${versions.POSTGRESQL}",
        1,
    )
    .first("in the stack, `scale: 0` for `temporal`")
    .compiled(),
    row(
        &[("versions.env", "MONGODB=7.0.28", "MONGODB=8.0.9")],
        "StatefulSet orbit/mongodb",
        "downtime",
        "stateful.yaml: version: ${versions.MONGODB}",
        2,
    )
    .first("kubectl port-forward mongodb-0 -n orbit 27017:27017 &"),
    row(
        &[("versions.env", "TEMPORAL_UI=2.30.0", "TEMPORAL_UI=2.31.0")],
        "Deployment orbit/temporal-ui",
        "rolling",
        "services.yaml: image: temporalio/ui:${versions.TEMPORAL_UI}",
        1,
    ),
    row(
        &[(STATEFUL, "storage: 5Gi", "storage: 8Gi")],
        "StatefulSet orbit/redis",
        "recreate",
        "stateful.yaml: storage: 8Gi",
        2,
    )
    .first("kubectl delete statefulset redis -n orbit --cascade=orphan"),
    row(
        &[(STATEFUL, "storage: 5Gi", "storage: 8Gi")],
        "PersistentVolume orbit.data-redis-0",
        "hot",
        "stateful.yaml: storage: 8Gi",
        2,
    ),
    row(
        &[(STATEFUL, "database: orbit\n", "database: orbits\n")],
        "StatefulSet orbit/postgresql",
        "data",
        "stateful.yaml: database: orbits",
        1,
    )
    .first("in the stack, put `database` back to `orbit`")
    .compiled(),
    row(
        &[(STATEFUL, "driver: nfs.csi.k8s.io", "driver: smb.csi.k8s.io")],
        "PersistentVolume orbit.data-mongodb-0",
        "recreate",
        "stateful.yaml: driver: smb.csi.k8s.io",
        5,
    )
    .together(5)
    .first("kubectl patch pv orbit.data-mongodb-0 --type merge"),
    row(
        &[(STATEFUL, "nfsvers=4.1, hard", "nfsvers=4.2, hard")],
        "PersistentVolume orbit.data-minio-0",
        "hot",
        "stateful.yaml: mountOptions: [nfsvers=4.2, hard, noatime]",
        5,
    ),
    row(
        &[(STACK, "revision: main }", "revision: main, sync: { waves: false } }")],
        "Deployment orbit/bifrost",
        "none",
        "services.yaml: bifrost:",
        78,
    ),
    row(
        &[(STACK, "  orbit:\n    podSecurity", "  orbit:\n    name: orbit-dev\n    podSecurity")],
        "Namespace orbit-dev",
        "data",
        "stack.yaml: name: orbit-dev",
        88,
    )
    .together(11)
    .first("kubectl get all,pvc,configmap,secret,ingress -n orbit")
    .compiled(),
    row(
        &[(STACK, "  orbit:\n    podSecurity", "  orbit:\n    name: orbit-dev\n    podSecurity")],
        "StatefulSet orbit-dev/mongodb",
        "data",
        "stateful.yaml: mongodb:",
        88,
    )
    .together(11)
    .first("in the stack, `scale: 0` for `orbit-www`"),
    row(
        &[(STACK, "stack: orbit\n", "stack: orbits\n")],
        "StatefulSet orbit/redis",
        "recreate",
        "stateful.yaml: redis:",
        81,
    )
    .together(16)
    .first("kubectl delete statefulset redis -n orbit --cascade=orphan"),
    row(
        &[(STACK, "stack: orbit\n", "stack: orbits\n")],
        "DaemonSet orbit/buildkit",
        "recreate",
        "services.yaml: buildkit:",
        81,
    )
    .together(16)
    .first("kubectl delete daemonset buildkit -n orbit --cascade=orphan"),
    row(
        &[(SERVICES, "ports: { http: 5050 }", "ports: { http: 5051 }")],
        "Service orbit/registry",
        "downtime",
        "services.yaml: ports: { http: 5051 }",
        8,
    )
    .first("in the stack, keep the port `http` beside"),
    row(
        &[(SERVICES, "  registry:\n    scale: 1", "  registry:\n    scale: 2")],
        "Deployment orbit/registry",
        "scale",
        "services.yaml: scale: 2",
        2,
    ),
    row(
        &[(SERVICES, "  registry:\n    scale: 1", "  registry:\n    scale: 0")],
        "Deployment orbit/registry",
        "downtime",
        "services.yaml: scale: 0",
        1,
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
    row(
        &[("versions.env", "CYODA=0.8.4\n#", "CYODA=0.8.5\n#")],
        "Job cyoda/migrate",
        "hot",
        "services.yaml: image: ghcr.io/cyoda/cyoda:${versions.CYODA}",
        2,
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
    row(
        &[("versions.env", "POSTGRES=17.11-standard-trixie", "POSTGRES=18.1-standard-trixie")],
        "Cluster bitvault-prod-data/postgres",
        "data",
        "stateful.yaml: version: ${versions.POSTGRES}",
        1,
    )
    .first("kubectl cnpg backup postgres -n bitvault-prod-data --backup-name postgres-before --method=plugin")
    .steps(&["kubectl cnpg backup", "kubectl wait --for=jsonpath='{.status.phase}'=completed backup"]),
    row(
        &[(STATEFUL, "replicas: 3\n    storage: 100Gi", "replicas: 2\n    storage: 100Gi")],
        "Cluster bitvault-prod-data/postgres",
        "data",
        "stateful.yaml: replicas: 2",
        1,
    )
    .first("see to the servers that go"),
    row(
        &[(STATEFUL, "storage: 100Gi", "storage: 50Gi")],
        "Cluster bitvault-prod-data/postgres",
        "data",
        "stateful.yaml: storage: 50Gi",
        1,
    )
    .first("in the stack, describe a second tier beside `postgres` with claims of 50Gi"),
    row(
        &[(STATEFUL, "storage: 20Gi", "storage: 40Gi")],
        "StatefulSet bitvault-prod-data/nats",
        "recreate",
        "stateful.yaml: storage: 40Gi",
        2,
    )
    .first("kubectl get pvc data-nats-0 -n bitvault-prod-data -o jsonpath="),
    row(
        &[(STATEFUL, "storage: 20Gi", "storage: 10Gi")],
        "StatefulSet bitvault-prod-data/nats",
        "data",
        "stateful.yaml: storage: 10Gi",
        2,
    )
    .first("in the stack, `scale: 0` for `bitvault-worker` and `bitvaultd`"),
    row(
        &[("versions.env", "NATS=2.12.15-alpine", "NATS=2.11.9-alpine")],
        "StatefulSet bitvault-prod-data/nats",
        "data",
        "stateful.yaml: version: ${versions.NATS}",
        1,
    )
    .first("in the stack, leave `version: \"2.12.15-alpine\"`"),
    row(
        &[("versions.env", "OPENSEARCH=3.3.2", "OPENSEARCH=3.4.0")],
        "StatefulSet bitvault-prod-data/opensearch",
        "rolling",
        "stateful.yaml: image: opensearchproject/opensearch:${versions.OPENSEARCH}",
        1,
    ),
    row(
        &[(STATEFUL, "replicas: 3\n    replicates: true\n    quorum: true", "replicas: 1\n    replicates: true\n    quorum: true")],
        "StatefulSet bitvault-prod-data/opensearch",
        "data",
        "stateful.yaml: replicas: 1",
        2,
    )
    .first("take opensearch-2 out of the voters"),
    row(
        &[(STATEFUL, "replicas: 3\n    storage: 20Gi\n    password: { secret: nats, key: password }\n    disruption: { minAvailable: 2 }", "replicas: 1\n    storage: 20Gi\n    password: { secret: nats, key: password }")],
        "StatefulSet bitvault-prod-data/nats",
        "data",
        "stateful.yaml: replicas: 1",
        8,
    )
    .first("nats stream report")
    .steps(&[
        "nats server cluster peer-remove nats-2",
        "nats stream report",
        "nats server cluster peer-remove nats-1",
        "commit the tree and push it",
    ])
    .compiled(),
    row(
        &[(STATEFUL, "mode: replicated\n    replicas: 3", "mode: replicated\n    replicas: 5")],
        "StatefulSet bitvault-prod-data/redis",
        "rolling",
        "stateful.yaml: replicas: 5",
        3,
    ),
    row(
        &[(SERVICES, "/tmp: { emptyDir: 64Mi }", "/tmp: { emptyDir: 96Mi }")],
        "Deployment bitvault-prod/bitvaultd",
        "rolling",
        "services.yaml: bitvaultd:",
        3,
    ),
    row(
        &[(STATEFUL, "maxConnections: 200", "maxConnections: 250")],
        "Cluster bitvault-prod-data/postgres",
        "unknown",
        "stateful.yaml: maxConnections: 250",
        1,
    ),
];
