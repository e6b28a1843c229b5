//! What makes two items of a list of a Kubernetes object the same item.
//!
//! From the `OpenAPI` document of Kubernetes 1.34: `x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys`.

/// The keys that tell the items of the list `name` apart in an object of a kind, as pointers; the second may be missing.
/// None for a list that has none: it is one value.
#[must_use]
pub fn keys(kind: &str, name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "containers" | "ephemeralContainers" | "initContainers" | "env" | "volumes" => &["/name"],
        "volumeMounts" => &["/mountPath"],
        "volumeDevices" => &["/devicePath"],
        "topologySpreadConstraints" => &["/topologyKey", "/whenUnsatisfiable"],
        "hostAliases" => &["/ip"],
        "ports" if kind == "Service" => &["/port", "/protocol"],
        "ports" if !matches!(kind, "NetworkPolicy" | "CiliumNetworkPolicy") => {
            &["/containerPort", "/protocol"]
        }
        _ => return None,
    })
}
