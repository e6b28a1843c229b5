//! Where the language has mappings that are choices; see [`Shape`]. `tests/choices.rs` finds one that is forgotten.

use crate::syntax::Shape;

macro_rules! choice {
    ($name:ident: $($key:literal)*) => {
        static $name: Shape = Shape { names: false, choice: &[$($key),*], below: &[] };
    };
}

static SCALE: Shape =
    Shape { choice: &["fixed", "hpa", "keda"], below: &[("hpa", &HPA), ("keda", &KEDA)], names: false };
static KEDA: Shape =
    Shape { choice: &[], below: &[("triggers", &TRIGGERS), ("behavior", &BEHAVIOR)], names: false };
static TRIGGERS: Shape = Shape { choice: &[], below: &[("*", &TRIGGER)], names: false };
choice!(TRIGGER: "nats-jetstream" "kafka" "rabbitmq" "redis" "postgresql" "prometheus" "cron");
static HPA: Shape = Shape {
    names: false,
    choice: &[],
    below: &[("objects", &OBJECT_METRICS), ("external", &METRICS), ("behavior", &BEHAVIOR)],
};
choice!(METRIC: "value" "average");
static OBJECT_METRIC: Shape =
    Shape { choice: &["value", "average"], below: &[("of", &METRIC_OBJECT)], names: false };
choice!(METRIC_OBJECT: "service" "route" "object");
static METRICS: Shape = Shape { choice: &[], below: &[("*", &METRIC)], names: false };
static OBJECT_METRICS: Shape = Shape { choice: &[], below: &[("*", &OBJECT_METRIC)], names: false };
static BEHAVIOR: Shape =
    Shape { choice: &[], below: &[("scaleUp", &SCALING), ("scaleDown", &SCALING)], names: false };
static SCALING: Shape = Shape { choice: &[], below: &[("policies", &POLICIES)], names: false };
static POLICIES: Shape = Shape { choice: &[], below: &[("*", &POLICY)], names: false };
choice!(POLICY: "pods" "percent");
choice!(VALUE: "value" "secret" "config" "field" "resource" "bind");
choice!(FILE: "template" "file" "folder" "content" "secret" "config" "certificate");
static VOLUME: Shape = Shape {
    names: false,
    choice: &["claim", "emptyDir", "shared", "from"],
    below: &[("volume", &STATIC_VOLUME)],
};
choice!(STATIC_VOLUME: "nfs" "csi");
choice!(PROBE: "http" "grpc" "tcp" "exec");
choice!(STOP: "sleep" "exec");
choice!(BUDGET: "minAvailable" "maxUnavailable");
static STORE: Shape = Shape {
    names: false,
    choice: &["vault-secrets-operator", "vault-agent", "external-secrets", "existing"],
    below: &[("external-secrets", &EXTERNAL_SECRETS)],
};
choice!(MESH: "istio" "linkerd" "certificates");
choice!(EXPOSE: "loadBalancer" "http" "grpc" "ingress");
choice!(GATEWAY: "existing" "own");
choice!(CLIENT: "pods" "cidrs");
choice!(SOURCE: "github" "gitlab" "gitea" "bitbucket" "bitbucketServer");
static PULL_REQUESTS: Shape = Shape { names: false, choice: &[], below: &[("from", &SOURCE)] };
static DESTINATION: Shape = Shape {
    names: false,
    choice: &["server", "clusters", "pullRequests"],
    below: &[("pullRequests", &PULL_REQUESTS)],
};
static ARGOCD: Shape = Shape { names: false, choice: &[], below: &[("destination", &DESTINATION)] };
static GITOPS: Shape =
    Shape { names: false, choice: &["argocd", "flux", "helm"], below: &[("argocd", &ARGOCD)] };
static CANARY: Shape =
    Shape { names: false, choice: &["weights", "steps"], below: &[("env", &VALUES), ("scale", &SCALE)] };
static COLOUR: Shape = Shape { names: false, choice: &[], below: &[("env", &VALUES)] };
static BLUE_GREEN: Shape =
    Shape { names: false, choice: &["active", "promotion"], below: &[("blue", &COLOUR), ("green", &COLOUR)] };
static ROLLOUT: Shape = Shape {
    names: false,
    choice: &["canary", "blue-green"],
    below: &[("canary", &CANARY), ("blue-green", &BLUE_GREEN)],
};
choice!(PROVIDER: "doppler" "vault" "aws" "gcp" "azure" "kubernetes");
static EXTERNAL_SECRETS: Shape =
    Shape { names: false, choice: &["clusterStore", "store", "provider"], below: &[("provider", &PROVIDER)] };
choice!(TLS: "certificate" "secret");
choice!(RUN: "before-rollout" "schedule");
choice!(UNSEAL: "awskms" "gcpckms" "azurekeyvault" "transit");

static VALUES: Shape = Shape { names: false, choice: &[], below: &[("*", &VALUE)] };
static FILES: Shape = Shape { names: false, choice: &[], below: &[("*", &FILE)] };
static VOLUMES: Shape = Shape { names: false, choice: &[], below: &[("*", &VOLUME)] };
static PROBES: Shape = Shape { names: false, choice: &[], below: &[("*", &PROBE)] };
static GATEWAYS: Shape = Shape { names: false, choice: &[], below: &[("*", &GATEWAY)] };
static CLIENTS: Shape = Shape { names: false, choice: &[], below: &[("*", &CLIENT)] };
static STORES: Shape = Shape { names: false, choice: &[], below: &[("*", &STORE)] };

/// A container beside the main one.
static SIDE: Shape = Shape {
    names: false,
    choice: &[],
    below: &[
        ("env", &VALUES),
        ("files", &FILES),
        ("volumes", &VOLUMES),
        ("probes", &PROBES),
        ("preStop", &STOP),
    ],
};
static SIDES: Shape = Shape { names: false, choice: &[], below: &[("*", &SIDE)] };
/// What has a volume that exists already.
static CLAIM: Shape = Shape { names: false, choice: &[], below: &[("volume", &STATIC_VOLUME)] };
choice!(BACKUP_TARGET: "claim" "objectStore" "snapshot");
static BACKUP: Shape = Shape { names: false, choice: &[], below: &[("to", &BACKUP_TARGET)] };
choice!(PATCH: "merge" "json");
static PATCHES: Shape = Shape { names: false, choice: &[], below: &[("*", &PATCH)] };
static CLAIMS: Shape = Shape { names: false, choice: &[], below: &[("*", &CLAIM)] };

/// A service, tier, job or profile.
pub(super) static COMPONENT: Shape = Shape {
    names: false,
    choice: &[],
    below: &[
        ("uses", &Shape::NAMES),
        ("usedBy", &Shape::NAMES),
        ("scale", &SCALE),
        ("rollout", &ROLLOUT),
        ("expose", &EXPOSE),
        ("env", &VALUES),
        ("files", &FILES),
        ("volumes", &VOLUMES),
        ("probes", &PROBES),
        ("preStop", &STOP),
        ("disruption", &BUDGET),
        ("tls", &TLS),
        ("run", &RUN),
        ("unseal", &UNSEAL),
        ("initContainers", &SIDES),
        ("sidecars", &SIDES),
        ("volume", &STATIC_VOLUME),
        ("keeper", &CLAIM),
        ("master", &CLAIM),
        ("filer", &CLAIM),
        ("backup", &BACKUP),
        ("whenBound", &WHEN_BOUND),
    ],
};

/// What a component has for each kind that a role of it may be bound to.
static WHEN_BOUND: Shape = Shape { names: false, choice: &[], below: &[("*", &COMPONENTS)] };

static COMPONENTS: Shape = Shape { names: false, choice: &[], below: &[("*", &COMPONENT)] };

/// The whole stack.
pub(super) static STACK: Shape = Shape {
    names: false,
    choice: &[],
    below: &[
        ("services", &COMPONENTS),
        ("stateful", &COMPONENTS),
        ("jobs", &COMPONENTS),
        ("profiles", &COMPONENTS),
        ("stores", &STORES),
        ("gateways", &GATEWAYS),
        ("clients", &CLIENTS),
        ("gitops", &GITOPS),
        ("mesh", &MESH),
        ("claims", &CLAIMS),
        ("patches", &PATCHES),
    ],
};
