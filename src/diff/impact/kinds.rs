//! What a change does that is neither refused nor about pods or claims, by kind.

use serde_json::Value;

use super::{Effect, Impact};
use crate::diff::compare::What;
use crate::diff::object::Item;
use crate::k8s::crd::{
    argocd, cert_manager, cilium, cnpg, external_secrets, flux, gateway_api, istio, keda, linkerd,
    prometheus, vault,
};
use crate::k8s::{labels, resources};

/// Kinds of a group; all of it where none is named.
type Kinds = (&'static str, &'static [&'static str]);

/// Custom resources that are read as they stand, and restart nothing. Where a group has kinds besides that run programs (an
/// Alertmanager, a workflow, Jobs that KEDA starts), those that do not are named.
const READ_LIVE: [Kinds; 13] = [
    (argocd::GROUP, &["AnalysisTemplate", "AppProject", "ClusterAnalysisTemplate", "Rollout"]),
    (cert_manager::GROUP, &[]),
    (cilium::GROUP, &[]),
    (cnpg::GROUP, &["Database", "ScheduledBackup"]),
    (external_secrets::GROUP, &[]),
    (flux::SOURCE, &[]),
    (gateway_api::GROUP, &[]),
    (istio::NETWORKING, &[]),
    (istio::SECURITY, &[]),
    (keda::GROUP, &["ClusterTriggerAuthentication", "ScaledObject", "TriggerAuthentication"]),
    (linkerd::GROUP, &[]),
    (
        prometheus::GROUP,
        &["AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"],
    ),
    (vault::GROUP, &[]),
];

fn listed(list: &[Kinds], group: &str, kind: &str) -> bool {
    list.iter().any(|(own, kinds)| *own == group && (kinds.is_empty() || kinds.contains(&kind)))
}

/// Whether a Service loses its balancer or its ports of nodes; one with a balancer has these too.
fn is_less_open(what: &What) -> bool {
    let rank = |it: Option<&Value>| match it.and_then(Value::as_str) {
        Some("LoadBalancer") => 2,
        Some("NodePort") => 1,
        _ => 0,
    };
    match what {
        What::Changed(from, to) => rank(Some(from)) > rank(Some(to)),
        What::Removed(from) => rank(Some(from)) > 0,
        _ => false,
    }
}

/// What a change of an object does.
pub(super) fn effect(after: &Item, words: &[&str], what: &What) -> Effect {
    let kind = &*after.id.kind;
    let hot = |why: &str| Effect::new(Impact::Hot, why);
    match (kind, words) {
        (_, ["apiVersion"]) => Effect::new(Impact::None, "the same object in another version of the API"),
        ("Namespace", ["metadata", "labels", key]) if key.starts_with(labels::POD_SECURITY) => {
            hot("pods that it does not admit are refused when they start next")
        }
        ("Namespace", ["metadata", "labels", ..]) => {
            hot("policies and injectors that select by it see it at once, pods when they start next")
        }
        ("ServiceAccount", _) => hot("pods that start from now on have it so"),
        (
            "Deployment"
            | "DaemonSet"
            | "StatefulSet"
            | "CronJob"
            | "Job"
            | "ConfigMap"
            | "PersistentVolume"
            | "PersistentVolumeClaim"
            | "PodDisruptionBudget"
            | "HorizontalPodAutoscaler"
            | "Role"
            | "RoleBinding"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "NetworkPolicy"
            | "StorageClass"
            | "PriorityClass"
            | "Rollout",
            ["metadata", ..],
        ) => Effect::new(Impact::None, "no pod reads it; tools that select by it see it"),
        ("Deployment" | "DaemonSet" | "StatefulSet" | "Rollout", _) => {
            hot("it counts from the next rollout on")
        }
        ("CronJob", _) => hot("it counts from the next run on"),
        ("Job", _) => hot("it counts for the run that is under way"),
        ("Service", ["spec", "selector", ..]) => hot("the Service leads to other pods at once"),
        ("Service", ["spec", "ports", _]) if matches!(what, What::Removed(_)) => {
            Effect::new(Impact::Downtime, "who calls this port gets no answer any more")
        }
        ("Service", ["spec", "type"]) if is_less_open(what) => {
            Effect::new(Impact::Downtime, "who calls from outside the cluster gets no answer any more")
        }
        ("Service", _) => hot("the Service changes where it stands"),
        ("HTTPRoute" | "GRPCRoute" | "TLSRoute", ["spec", "hostnames", ..])
            if !matches!(what, What::Added(_)) =>
        {
            Effect::new(Impact::Downtime, "who calls the old host gets no answer any more")
        }
        ("NetworkPolicy" | "CiliumNetworkPolicy", _) => hot("for connections from now on"),
        ("ConfigMap", _) if after.base.is_some() => {
            hot("a ConfigMap of a new name; what reads it says what it does")
        }
        ("ConfigMap" | "Secret", _) => {
            hot("mounted files follow after a while, variables when a pod starts next")
        }
        ("ExternalSecret" | "VaultStaticSecret" | "VaultDynamicSecret", ["spec", ..]) => hot(
            "the Secret follows at its next refresh, mounted files after it, variables only when a pod starts next",
        ),
        ("PersistentVolume", ["spec", "mountOptions", ..]) => hot("it counts from the next mount on"),
        ("Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding", _) => hot("from the next request on"),
        ("PodDisruptionBudget", _) => hot("from the next eviction on"),
        ("HorizontalPodAutoscaler", _) => hot("from the next reading on"),
        ("ResourceQuota" | "LimitRange", _) => hot("for pods that start from now on"),
        (
            "PersistentVolume"
            | "PersistentVolumeClaim"
            | "StorageClass"
            | "PriorityClass"
            | "Ingress"
            | "Namespace",
            _,
        ) => hot("it changes where it stands"),
        _ => by_group(after),
    }
}

/// Of these, what the loss of one leaves alone all that runs.
const GO_ALONE: [Kinds; 6] = [
    (cert_manager::GROUP, &[]),
    (cilium::GROUP, &[]),
    (cnpg::GROUP, &["ScheduledBackup"]),
    (external_secrets::GROUP, &[]),
    (istio::NETWORKING, &[]),
    (vault::GROUP, &[]),
];

/// Whether nothing that runs goes with an object.
pub(super) fn goes_alone(group: &str, kind: &str) -> bool {
    listed(&GO_ALONE, group, kind)
}

fn by_group(after: &Item) -> Effect {
    let (group, kind) = (&*after.id.group, &*after.id.kind);
    if listed(&READ_LIVE, group, kind) || resources::is_own_group(group) {
        return Effect::new(Impact::Hot, "who reads it follows at once");
    }
    Effect::new(Impact::Unknown, format!("what the controller of {kind} restarts is not known here"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::{changes, item};

    fn impact(kind: &str, before: Value, after: Value) -> Impact {
        let (before, after) = (item(kind, before), item(kind, after));
        let change = changes(&before, &after).remove(0);
        effect(&after, &change.path.words(), &change.what).impact
    }

    #[test]
    fn kinds_have_their_impact() {
        let spec = |it: Value| json!({ "spec": it });
        let labels = |it: &str| json!({ "metadata": { "labels": { "team": it } } });
        assert_eq!(impact("Deployment", labels("a"), labels("b")), Impact::None);
        assert_eq!(impact("Namespace", labels("a"), labels("b")), Impact::Hot);
        assert_eq!(impact("Deployment", spec(json!({ "minReadySeconds": 1 })), spec(json!({}))), Impact::Hot);
        let ports = |it: &[u16]| {
            let all: Vec<Value> = it.iter().map(|it| json!({ "port": it })).collect();
            spec(json!({ "ports": all }))
        };
        assert_eq!(impact("Service", ports(&[80, 81]), ports(&[80])), Impact::Downtime);
        assert_eq!(impact("Service", ports(&[80]), ports(&[80, 81])), Impact::Hot);
        let sort = |it: &str| spec(json!({ "type": it }));
        for (old, new, what) in [
            ("LoadBalancer", "ClusterIP", Impact::Downtime),
            ("NodePort", "ClusterIP", Impact::Downtime),
            ("LoadBalancer", "NodePort", Impact::Downtime),
            ("NodePort", "LoadBalancer", Impact::Hot),
            ("ClusterIP", "NodePort", Impact::Hot),
        ] {
            assert_eq!(impact("Service", sort(old), sort(new)), what, "{old} {new}");
        }
        assert_eq!(impact("Service", sort("LoadBalancer"), spec(json!({}))), Impact::Downtime);
        let hosts = |it: &[&str]| spec(json!({ "hostnames": it }));
        assert_eq!(impact("HTTPRoute", hosts(&["a", "b"]), hosts(&["a"])), Impact::Downtime);
        assert_eq!(impact("HTTPRoute", hosts(&["a"]), hosts(&["a", "b"])), Impact::Hot);
        assert_eq!(impact("TLSRoute", hosts(&["a", "b"]), hosts(&["a"])), Impact::Downtime);
        assert_eq!(
            impact("NetworkPolicy", spec(json!({ "ingress": [{}] })), spec(json!({ "ingress": [] }))),
            Impact::Hot
        );
        assert_eq!(
            impact("ConfigMap", json!({ "data": { "a": "1" } }), json!({ "data": { "a": "2" } })),
            Impact::Hot
        );
    }

    #[test]
    fn a_controller_that_is_not_known_may_do_anything() {
        let of = |group: &str, kind: &str| {
            let mut it = item(kind, json!({ "spec": { "a": 1 } }));
            it.id.group = group.to_owned().into();
            effect(&it, &["spec", "a"], &What::Removed(json!(1))).impact
        };
        assert_eq!(of("rabbitmq.com", "RabbitmqCluster"), Impact::Unknown);
        assert_eq!(of("postgresql.cnpg.io", "Cluster"), Impact::Unknown);
        assert_eq!(of("postgresql.cnpg.io", "Database"), Impact::Hot);
        assert_eq!(of("external-secrets.io", "ExternalSecret"), Impact::Hot);
        assert_eq!(of("discovery.k8s.io", "EndpointSlice"), Impact::Hot);
        // Their groups have kinds of both sorts.
        assert_eq!(of("monitoring.coreos.com", "PrometheusRule"), Impact::Hot);
        assert_eq!(of("monitoring.coreos.com", "Prometheus"), Impact::Unknown);
        assert_eq!(of("monitoring.coreos.com", "Alertmanager"), Impact::Unknown);
        assert_eq!(of("argoproj.io", "AnalysisTemplate"), Impact::Hot);
        assert_eq!(of("argoproj.io", "Workflow"), Impact::Unknown);
        assert_eq!(of("keda.sh", "ScaledObject"), Impact::Hot);
        assert_eq!(of("keda.sh", "ScaledJob"), Impact::Unknown);
    }

    #[test]
    fn what_follows_only_with_a_restart_is_said() {
        let of = |kind: &str, words: &[&str]| {
            effect(&item(kind, json!({ "spec": {} })), words, &What::Removed(json!(1))).reason
        };
        let secret = of("ExternalSecret", &["spec", "data", "0", "remoteRef", "key"]);
        assert!(secret.contains("only when a pod starts next"), "{secret}");
        assert_eq!(of("PersistentVolume", &["spec", "mountOptions"]), "it counts from the next mount on");
    }
}
