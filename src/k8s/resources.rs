//! The resources of Kubernetes' own API groups, as RBAC names them (kubernetes.io/docs/reference/kubernetes-api, 1.34;
//! what only authorization knows: kubernetes.io/docs/reference/access-authn-authz).

/// A resource of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The API group.
    pub group: &'static str,
    /// The plural name.
    pub name: &'static str,
    /// Whether its objects are in a namespace.
    pub namespaced: bool,
}

/// Verbs that the API server or a controller of Kubernetes asks for.
pub const VERBS: [&str; 15] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "approve",
    "attest",
    "bind",
    "escalate",
    "impersonate",
    "sign",
    "use",
];

/// The verbs that change nothing.
pub const READS: [&str; 3] = ["get", "list", "watch"];

/// Group, resources in namespaces, resources that are in none.
type Group = (&'static str, &'static [&'static str], &'static [&'static str]);

const GROUPS: &[Group] = &[
    (
        "",
        &[
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "persistentvolumeclaims",
            "pods",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
            "secrets",
            "serviceaccounts",
            "services",
        ],
        // The last two are what `impersonate` is about.
        &["componentstatuses", "namespaces", "nodes", "persistentvolumes", "groups", "users"],
    ),
    (
        "admissionregistration.k8s.io",
        &[],
        &[
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations",
        ],
    ),
    ("apiextensions.k8s.io", &[], &["customresourcedefinitions"]),
    ("apiregistration.k8s.io", &[], &["apiservices"]),
    ("apps", &["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"], &[]),
    ("authentication.k8s.io", &[], &["selfsubjectreviews", "tokenreviews", "uids", "userextras"]),
    (
        "authorization.k8s.io",
        &["localsubjectaccessreviews"],
        &["selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"],
    ),
    ("autoscaling", &["horizontalpodautoscalers"], &[]),
    ("batch", &["cronjobs", "jobs"], &[]),
    (
        "certificates.k8s.io",
        &["podcertificaterequests"],
        &["certificatesigningrequests", "clustertrustbundles", "signers"],
    ),
    ("coordination.k8s.io", &["leasecandidates", "leases"], &[]),
    ("discovery.k8s.io", &["endpointslices"], &[]),
    ("events.k8s.io", &["events"], &[]),
    ("flowcontrol.apiserver.k8s.io", &[], &["flowschemas", "prioritylevelconfigurations"]),
    ("metrics.k8s.io", &["pods"], &["nodes"]),
    (
        "networking.k8s.io",
        &["ingresses", "networkpolicies"],
        &["ingressclasses", "ipaddresses", "servicecidrs"],
    ),
    ("node.k8s.io", &[], &["runtimeclasses"]),
    ("policy", &["poddisruptionbudgets"], &[]),
    ("rbac.authorization.k8s.io", &["rolebindings", "roles"], &["clusterrolebindings", "clusterroles"]),
    ("resource.k8s.io", &["resourceclaims", "resourceclaimtemplates"], &["deviceclasses", "resourceslices"]),
    ("scheduling.k8s.io", &[], &["priorityclasses"]),
    (
        "storage.k8s.io",
        &["csistoragecapacities"],
        &["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"],
    ),
];

/// All resources of Kubernetes' own groups.
pub fn resources() -> impl Iterator<Item = Resource> {
    GROUPS.iter().flat_map(|(group, inside, outside)| {
        let one = |namespaced: bool| move |name: &&'static str| Resource { group, name, namespaced };
        inside.iter().map(one(true)).chain(outside.iter().map(one(false)))
    })
}

/// Whether all resources of a group are known here: it is one of Kubernetes' own.
#[must_use]
pub fn is_own_group(group: &str) -> bool {
    GROUPS.iter().any(|(it, ..)| *it == group)
}
