//! The labels and annotations that Kubernetes and its tools agree on
//! (kubernetes.io/docs/concepts/overview/working-with-objects/common-labels and reference/labels-annotations-taints).

/// What runs: the name of an application.
pub const NAME: &str = "app.kubernetes.io/name";
/// What a thing is a part of.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// What a thing is within the application.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// The tool that manages it: [`MANAGER`].
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// What stackgen calls itself there.
pub const MANAGER: &str = "stackgen";
/// How labels begin that say what admission enforces in a namespace.
pub const POD_SECURITY: &str = "pod-security.kubernetes.io/";
/// The name of a namespace, which the API server gives every one.
pub const NAMESPACE: &str = "kubernetes.io/metadata.name";
/// The name of a pod, which the controller of a StatefulSet gives each of its own.
pub const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
/// The name of a node, which the kubelet gives it.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// The zone of a node.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// Whether a Prometheus with the jobs of its own examples collects a pod's metrics; the annotations beside it say where.
pub const SCRAPE: &str = "prometheus.io/scrape";
