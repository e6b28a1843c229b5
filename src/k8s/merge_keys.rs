//! What makes two items of a list of a Kubernetes object the same item.
//!
//! From the `OpenAPI` document of Kubernetes 1.34: `x-kubernetes-patch-merge-key`, and where that names one of several
//! `x-kubernetes-list-map-keys`, those.

use super::{crd, schema};

/// The keys that tell the items of the list `name` apart in an object of a group and kind when a patch comes over it, as pointers;
/// the second may be missing. None for a list that has none, and for those of custom resources: it is one value.
#[must_use]
pub fn keys(group: &str, kind: &str, name: &str) -> Option<&'static [&'static str]> {
    // Of Kubernetes' own kinds, and of those that hold pods.
    let merged = schema::is_of_kubernetes(group) || group == crd::argo_rollouts::GROUP;
    merged.then(|| told_by(kind, name)).flatten()
}

/// The same by the names of lists alone, which custom resources have from the kinds of Kubernetes.
#[must_use]
pub fn told_by(kind: &str, name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "containers"
        | "ephemeralContainers"
        | "initContainers"
        | "env"
        | "volumes"
        | "schedulingGates"
        | "resourceClaims"
        | "webhooks"
        | "matchConditions" => &["/name"],
        // A ServiceAccount's are one value.
        "imagePullSecrets" if kind != "ServiceAccount" => &["/name"],
        "secrets" if kind == "ServiceAccount" => &["/name"],
        "variables" if kind == "ValidatingAdmissionPolicy" => &["/name"],
        "volumeMounts" => &["/mountPath"],
        "volumeDevices" => &["/devicePath"],
        "topologySpreadConstraints" => &["/topologyKey", "/whenUnsatisfiable"],
        "hostAliases" => &["/ip"],
        "ownerReferences" => &["/uid"],
        "ports" if kind == "Service" => &["/port", "/protocol"],
        "ports"
            if !matches!(kind, "NetworkPolicy" | "CiliumNetworkPolicy" | "Endpoints" | "EndpointSlice") =>
        {
            &["/containerPort", "/protocol"]
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_the_keys_of_their_kinds() {
        for (group, kind, name, key) in [
            ("apps", "Deployment", "imagePullSecrets", Some("/name")),
            ("", "Pod", "schedulingGates", Some("/name")),
            ("", "Pod", "resourceClaims", Some("/name")),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "webhooks", Some("/name")),
            ("", "ServiceAccount", "secrets", Some("/name")),
            ("", "ServiceAccount", "imagePullSecrets", None),
            ("apps", "Deployment", "ports", Some("/containerPort")),
            ("", "Service", "ports", Some("/port")),
            ("", "Endpoints", "ports", None),
            ("discovery.k8s.io", "EndpointSlice", "ports", None),
            ("argoproj.io", "Rollout", "env", Some("/name")),
            ("gateway.networking.k8s.io", "Gateway", "env", None),
            ("policy.networking.k8s.io", "AdminNetworkPolicy", "ports", None),
            ("kafka.strimzi.io", "Kafka", "env", None),
        ] {
            assert_eq!(keys(group, kind, name).map(|it| it[0]), key, "{kind} {name}");
        }
    }
}
