//! Cilium's kinds (`cilium.io/v2`). Fields: docs.cilium.io, "Policy Language".

pub mod network_policy;

/// The API group.
pub const GROUP: &str = "cilium.io";
const VERSION: &str = "v2";

/// The label by which a selector of endpoints names a namespace.
pub const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";
