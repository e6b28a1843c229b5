//! Cilium's kinds (`cilium.io/v2`). Fields: docs.cilium.io, "Policy Language".

pub mod network_policy;

/// The API group.
pub const GROUP: &str = "cilium.io";
const VERSION: &str = "v2";

/// The label by which a selector of endpoints names a namespace.
pub const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";

/// The label of a pod that a key of a selector asks for, without the source that it names: `k8s:` is Kubernetes, and `any:`,
/// or nothing, wherever it is from. None where it is from elsewhere, or what Cilium says of a pod by itself (`io.cilium.k8s.`).
#[must_use]
pub fn label(key: &str) -> Option<&str> {
    let key = match key.split_once(':') {
        None => key,
        Some(("k8s" | "any", key)) => key,
        Some(_) => return None,
    };
    (!key.starts_with("io.cilium.k8s.")).then_some(key)
}

/// Whether a key of a selector names a namespace.
#[must_use]
pub fn is_namespace(key: &str) -> bool {
    label(key) == label(NAMESPACE)
}
