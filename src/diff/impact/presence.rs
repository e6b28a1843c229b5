//! What it does that an object is new or gone. That something is gone is taken as who prunes takes it: Argo CD and Flux
//! where they are told to, `kubectl apply --prune`. Plain `kubectl apply` deletes nothing.

use super::pods::replicas;
use super::{Effect, Impact, compose, kinds};
use crate::diff::object::Item;
use crate::diff::text::plural;
use crate::k8s::crd::{istio, linkerd};

/// What a new object does.
pub(crate) fn new(item: &Item) -> Effect {
    match &*item.id.kind {
        _ if compose::is_one(item) => compose::new(item),
        "Deployment" | "StatefulSet" | "ReplicaSet" | "Rollout" => {
            Effect::new(Impact::Scale, format!("{} more", plural(replicas(item), "pod")))
        }
        "DaemonSet" => Effect::new(Impact::Scale, "a pod more on each node"),
        "Job" => Effect::new(Impact::Hot, "it runs once"),
        "NetworkPolicy" | "CiliumNetworkPolicy" => Effect::new(Impact::Hot, "for connections from now on"),
        _ => Effect::new(Impact::Hot, "it is made; what runs is left alone"),
    }
}

/// What the loss of an object does.
pub(crate) fn gone(item: &Item) -> Effect {
    let (impact, reason): (_, &str) = match &*item.id.kind {
        _ if compose::is_one(item) => return compose::gone(item),
        "Namespace" => (Impact::Data, "all that is in it goes with it, claims and all"),
        "PersistentVolumeClaim" => (Impact::Data, "its volume goes with it unless that is retained"),
        "PersistentVolume" => (Impact::Data, "nothing leads to what it keeps any more"),
        "StatefulSet" if item.at("/spec/volumeClaimTemplates").is_some() => {
            let deletes = item.text("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete";
            let what = if deletes {
                "its claims are deleted with it (`whenDeleted: Delete`)"
            } else {
                "its claims stay with what they keep, and nothing uses them"
            };
            return Effect::new(Impact::Data, format!("{}; {what}", stop(item)));
        }
        "Deployment" | "ReplicaSet" | "Rollout" | "StatefulSet" => {
            let impact = if replicas(item) == 0 { Impact::Hot } else { Impact::Downtime };
            return Effect::new(impact, stop(item));
        }
        "DaemonSet" => (Impact::Downtime, "its pod on each node stops"),
        "Service" => (Impact::Downtime, "its name and address answer no more"),
        "HTTPRoute" | "GRPCRoute" | "Ingress" | "VirtualService" | "TLSRoute" | "TCPRoute" | "UDPRoute"
        | "Gateway" => (Impact::Downtime, "what it leads to is reached by it no more"),
        "HorizontalPodAutoscaler" | "ScaledObject" => {
            (Impact::Scale, "the number of pods stays where it is, or as written")
        }
        "CronJob" => (Impact::Hot, "it runs no more"),
        "Job" => (Impact::Hot, "it is stopped if it runs"),
        "NetworkPolicy" | "CiliumNetworkPolicy" => {
            (Impact::Hot, "what it forbade is allowed unless another policy forbids it")
        }
        "ConfigMap" | "Secret" | "ServiceAccount" => {
            (Impact::Hot, "pods that still name it do not start any more")
        }
        "ExternalSecret" | "VaultStaticSecret" | "VaultDynamicSecret" => (
            Impact::Hot,
            "the Secret that it makes may go with it; pods that still name it do not start any more",
        ),
        "PodMonitor" | "ServiceMonitor" | "PrometheusRule" | "Probe" | "ScrapeConfig" => {
            (Impact::Hot, "what it describes is watched no more")
        }
        _ if is_policy(&item.id.group) => (
            Impact::Hot,
            "from the next connection or request on, what it alone allowed or forbade is no longer",
        ),
        _ if item.at("/spec/storage").or(item.at("/spec/persistence")).is_some() => {
            (Impact::Data, "it describes storage, which its controller may delete with it")
        }
        _ if kinds::goes_alone(&item.id.group, &item.id.kind) => {
            (Impact::Hot, "nobody reads it any more; what was made from it stays")
        }
        kind if item.id.group.contains('.') && !crate::k8s::resources::is_own_group(&item.id.group) => {
            return Effect::new(
                Impact::Unknown,
                format!("what the controller of {kind} deletes with it is not known here"),
            );
        }
        _ => (Impact::Hot, "it is deleted"),
    };
    Effect::new(impact, reason)
}

/// What it does that an object has another name, or is in another namespace: one goes, and one comes.
pub(crate) fn renamed(before: &Item) -> Effect {
    let (impact, reason): (_, String) = match &*before.id.kind {
        "Namespace" => (
            Impact::Data,
            "all that is in the old one goes with it, and is made anew in the other, claims empty".into(),
        ),
        "PersistentVolumeClaim" => {
            (Impact::Data, "the new claim is empty; what the old one keeps goes with it".into())
        }
        "StatefulSet" if before.at("/spec/volumeClaimTemplates").is_some() => {
            (Impact::Data, format!("{}; the new ones begin with new, empty claims", stop(before)))
        }
        "Deployment" | "ReplicaSet" | "Rollout" | "StatefulSet" if replicas(before) > 0 => {
            (Impact::Downtime, format!("{}; new ones start under the new name", stop(before)))
        }
        "DaemonSet" => {
            (Impact::Downtime, "its pod on each node stops; a new one starts under the new name".into())
        }
        "Service" => (Impact::Downtime, "the old name and address answer no more".into()),
        "HTTPRoute" | "GRPCRoute" | "Ingress" => {
            (Impact::Downtime, "between the old one and the new one, its hosts lead nowhere".into())
        }
        "CronJob" | "Job" => (Impact::Hot, "the old one is deleted; the new one runs by itself".into()),
        "ConfigMap" | "Secret" | "ServiceAccount" => (
            Impact::Hot,
            "pods that name the old one do not start any more; what says the new name follows".into(),
        ),
        "NetworkPolicy"
        | "CiliumNetworkPolicy"
        | "PodDisruptionBudget"
        | "HorizontalPodAutoscaler"
        | "PodMonitor"
        | "ServiceMonitor"
        | "PrometheusRule"
        | "Probe"
        | "ScrapeConfig" => (Impact::Hot, "the new one counts in place of the old one".into()),
        _ if is_policy(&before.id.group) => {
            (Impact::Hot, "the new one counts in place of the old one".into())
        }
        _ => return gone(before),
    };
    Effect::new(impact, reason)
}

/// Whether a group has policies of a mesh alone.
fn is_policy(group: &str) -> bool {
    [istio::SECURITY, linkerd::GROUP].contains(&group)
}

fn stop(item: &Item) -> String {
    let pods = replicas(item);
    format!("{} {}", plural(pods, "pod"), if pods == 1 { "stops" } else { "stop" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::item;

    #[test]
    fn what_goes_takes_with_it() {
        let of = |kind: &str, spec: serde_json::Value| gone(&item(kind, json!({ "spec": spec })));
        assert_eq!(of("Namespace", json!({})).impact, Impact::Data);
        assert_eq!(of("PersistentVolumeClaim", json!({})).impact, Impact::Data);
        assert_eq!(of("StatefulSet", json!({})).impact, Impact::Downtime);
        let claims = json!([{ "metadata": { "name": "a" } }]);
        let kept = of("StatefulSet", json!({ "replicas": 3, "volumeClaimTemplates": claims }));
        assert_eq!((kept.impact, kept.reason.contains("claims stay")), (Impact::Data, true));
        let policy = json!({ "whenDeleted": "Delete" });
        let deleted = of(
            "StatefulSet",
            json!({ "volumeClaimTemplates": claims, "persistentVolumeClaimRetentionPolicy": policy }),
        );
        assert!(deleted.reason.contains("whenDeleted"), "{deleted:?}");
        assert_eq!(of("Deployment", json!({ "replicas": 0 })).impact, Impact::Hot);
        assert_eq!(of("Service", json!({})).impact, Impact::Downtime);
        assert_eq!(of("PodDisruptionBudget", json!({})).impact, Impact::Hot);
        assert_eq!(of("Cluster", json!({ "storage": { "size": "1Gi" } })).impact, Impact::Data);
        let of = |group: &str, kind: &str| {
            let mut it = item(kind, json!({ "spec": {} }));
            it.id.group = group.to_owned().into();
            (gone(&it).impact, renamed(&it).impact)
        };
        assert_eq!(of("security.istio.io", "AuthorizationPolicy"), (Impact::Hot, Impact::Hot));
        assert_eq!(of("external-secrets.io", "ExternalSecret"), (Impact::Hot, Impact::Hot));
        assert_eq!(of("monitoring.coreos.com", "PodMonitor"), (Impact::Hot, Impact::Hot));
        assert_eq!(of("cert-manager.io", "Certificate"), (Impact::Hot, Impact::Hot));
        assert_eq!(of("gateway.networking.k8s.io", "Gateway").0, Impact::Downtime);
        // These run programs, or take with them what they made.
        assert_eq!(of("monitoring.coreos.com", "Prometheus").0, Impact::Unknown);
        assert_eq!(of("argoproj.io", "Application").0, Impact::Unknown);
    }

    #[test]
    fn what_comes_leaves_the_rest_alone() {
        let of = |kind: &str| new(&item(kind, json!({ "spec": { "replicas": 2 } })));
        assert_eq!(
            (of("Deployment").impact, of("Deployment").reason.as_str()),
            (Impact::Scale, "2 pods more")
        );
        assert_eq!(of("Service").impact, Impact::Hot);
    }
}
