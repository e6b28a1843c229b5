//! Defaults of the Kubernetes API, taken out where they are written out, so that a live object and one that does not say
//! them are alike.
//!
//! From `pkg/apis/{core,apps,batch,networking,rbac,storage,autoscaling}/v1/defaults.go` of Kubernetes 1.34 and the defaults
//! in the CRDs of Gateway API 1.4. What is not listed here counts as a difference.

use serde_json::{Map, Value, json};

use crate::k8s::pods_at;

/// Takes the defaults out of an object of a kind.
pub(super) fn strip(group: &str, kind: &str, value: &mut Value) {
    if let Some(Value::Object(template)) = pods_at(group, kind).and_then(|at| value.pointer_mut(at))
        && let Some(Value::Object(spec)) = template.get_mut("spec")
    {
        pod(spec);
    }
    let Some(root) = value.as_object_mut() else { return };
    match kind {
        "StorageClass" => {
            drop_all(root, &[("reclaimPolicy", json!("Delete")), ("volumeBindingMode", json!("Immediate"))]);
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            each(root, "subjects", |it| {
                if it.get("kind") == Some(&json!("ServiceAccount")) {
                    drop_all(it, &[("apiGroup", json!(""))]);
                }
            });
        }
        "PriorityClass" => {
            drop_all(
                root,
                &[("globalDefault", json!(false)), ("preemptionPolicy", json!("PreemptLowerPriority"))],
            );
        }
        _ => {}
    }
    let Some(Value::Object(spec)) = root.get_mut("spec") else { return };
    match kind {
        "Deployment" => deployment(spec),
        "StatefulSet" => stateful_set(spec),
        "DaemonSet" => {
            drop_all(spec, &[("revisionHistoryLimit", json!(10))]);
            let rolling = [("maxSurge", json!(0)), ("maxUnavailable", json!(1))];
            strategy(spec, "updateStrategy", &rolling);
        }
        "Job" => job(spec),
        "CronJob" => {
            let defaults = [
                ("concurrencyPolicy", json!("Allow")),
                ("failedJobsHistoryLimit", json!(1)),
                ("successfulJobsHistoryLimit", json!(3)),
                ("suspend", json!(false)),
            ];
            drop_all(spec, &defaults);
            if let Some(Value::Object(it)) = spec.get_mut("jobTemplate").and_then(|it| it.get_mut("spec")) {
                job(it);
            }
        }
        "Service" => service(spec),
        "NetworkPolicy" => network_policy(spec),
        "PersistentVolume" => {
            drop_all(
                spec,
                &[("persistentVolumeReclaimPolicy", json!("Retain")), ("volumeMode", json!("Filesystem"))],
            );
        }
        "PersistentVolumeClaim" => drop_all(spec, &[("volumeMode", json!("Filesystem"))]),
        "HorizontalPodAutoscaler" => drop_all(spec, &[("minReplicas", json!(1))]),
        "HTTPRoute" | "GRPCRoute" => route(spec),
        _ => {}
    }
}

/// Takes each entry out whose value is its default.
fn drop_all(map: &mut Map<String, Value>, defaults: &[(&str, Value)]) {
    map.retain(|key, value| !defaults.iter().any(|(it, default)| key == it && value == default));
}

/// Takes entries out that are empty.
fn drop_empty(map: &mut Map<String, Value>, keys: &[&str]) {
    let empty =
        |it: &Value| it.as_object().is_some_and(Map::is_empty) || it.as_array().is_some_and(Vec::is_empty);
    map.retain(|key, value| !(keys.contains(&key.as_str()) && empty(value)));
}

/// Does something to each mapping of a list.
fn each(map: &mut Map<String, Value>, list: &str, mut it: impl FnMut(&mut Map<String, Value>)) {
    let items = map.get_mut(list).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&mut it);
}

/// Does something to a mapping below.
fn below(map: &mut Map<String, Value>, key: &str, it: impl FnOnce(&mut Map<String, Value>)) {
    if let Some(Value::Object(found)) = map.get_mut(key) {
        it(found);
    }
}

/// How a controller replaces pods: by `RollingUpdate`, with these numbers.
fn strategy(spec: &mut Map<String, Value>, key: &str, rolling: &[(&str, Value)]) {
    below(spec, key, |it| {
        below(it, "rollingUpdate", |it| drop_all(it, rolling));
        drop_empty(it, &["rollingUpdate"]);
        drop_all(it, &[("type", json!("RollingUpdate"))]);
    });
    drop_empty(spec, &[key]);
}

fn deployment(spec: &mut Map<String, Value>) {
    let defaults = [
        ("replicas", json!(1)),
        ("revisionHistoryLimit", json!(10)),
        ("progressDeadlineSeconds", json!(600)),
    ];
    drop_all(spec, &defaults);
    strategy(spec, "strategy", &[("maxSurge", json!("25%")), ("maxUnavailable", json!("25%"))]);
}

fn stateful_set(spec: &mut Map<String, Value>) {
    let defaults = [
        ("replicas", json!(1)),
        ("revisionHistoryLimit", json!(10)),
        ("podManagementPolicy", json!("OrderedReady")),
    ];
    drop_all(spec, &defaults);
    below(spec, "ordinals", |it| drop_all(it, &[("start", json!(0))]));
    drop_empty(spec, &["ordinals"]);
    strategy(spec, "updateStrategy", &[("partition", json!(0))]);
    below(spec, "persistentVolumeClaimRetentionPolicy", |it| {
        drop_all(it, &[("whenDeleted", json!("Retain")), ("whenScaled", json!("Retain"))]);
    });
    drop_empty(spec, &["persistentVolumeClaimRetentionPolicy"]);
    each(spec, "volumeClaimTemplates", |it| {
        drop_all(it, &[("apiVersion", json!("v1")), ("kind", json!("PersistentVolumeClaim"))]);
        below(it, "spec", |it| drop_all(it, &[("volumeMode", json!("Filesystem"))]));
    });
}

fn job(spec: &mut Map<String, Value>) {
    let defaults = [
        ("backoffLimit", json!(6)),
        ("completionMode", json!("NonIndexed")),
        ("manualSelector", json!(false)),
        ("podReplacementPolicy", json!("TerminatingOrFailed")),
        ("suspend", json!(false)),
    ];
    drop_all(spec, &defaults);
    // Where neither is said, both are 1. `parallelism` alone is a queue of work, which its pods end
    // (kubernetes.io/docs/concepts/workloads/controllers/job, on parallel execution).
    let said = |it: &Map<String, Value>, key: &str| it.get(key).is_some_and(|it| !it.is_null());
    if said(spec, "completions") {
        drop_all(spec, &[("parallelism", json!(1))]);
        if !said(spec, "parallelism") {
            drop_all(spec, &[("completions", json!(1))]);
        }
    }
}

fn service(spec: &mut Map<String, Value>) {
    let defaults = [
        ("allocateLoadBalancerNodePorts", json!(true)),
        ("externalTrafficPolicy", json!("Cluster")),
        ("internalTrafficPolicy", json!("Cluster")),
        ("publishNotReadyAddresses", json!(false)),
        ("sessionAffinity", json!("None")),
        ("type", json!("ClusterIP")),
    ];
    drop_all(spec, &defaults);
    each(spec, "ports", |it| {
        drop_all(it, &[("protocol", json!("TCP"))]);
        if it.get("targetPort") == it.get("port") {
            it.shift_remove("targetPort");
        }
    });
}

fn network_policy(spec: &mut Map<String, Value>) {
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        each(spec, list, |it| {
            each(it, "ports", |it| drop_all(it, &[("protocol", json!("TCP"))]));
            drop_empty(it, &["ports", peers]);
        });
    }
}

fn route(spec: &mut Map<String, Value>) {
    each(spec, "parentRefs", |it| {
        drop_all(it, &[("group", json!("gateway.networking.k8s.io")), ("kind", json!("Gateway"))]);
    });
    each(spec, "rules", |it| {
        each(it, "backendRefs", |it| {
            drop_all(it, &[("group", json!("")), ("kind", json!("Service")), ("weight", json!(1))]);
        });
        if it.get("matches") == Some(&json!([{ "path": { "type": "PathPrefix", "value": "/" } }])) {
            it.shift_remove("matches");
        }
    });
}

fn pod(spec: &mut Map<String, Value>) {
    let defaults = [
        ("dnsPolicy", json!("ClusterFirst")),
        ("enableServiceLinks", json!(true)),
        ("hostIPC", json!(false)),
        ("hostNetwork", json!(false)),
        ("hostPID", json!(false)),
        ("restartPolicy", json!("Always")),
        ("schedulerName", json!("default-scheduler")),
        ("terminationGracePeriodSeconds", json!(30)),
    ];
    drop_all(spec, &defaults);
    // The old name of the same field; the API server keeps both.
    if spec.get("serviceAccount") == spec.get("serviceAccountName") {
        spec.shift_remove("serviceAccount");
    }
    drop_empty(spec, &["securityContext"]);
    for list in ["containers", "initContainers"] {
        each(spec, list, container);
    }
    each(spec, "volumes", |it| {
        for source in ["configMap", "downwardAPI", "projected", "secret"] {
            below(it, source, |it| drop_all(it, &[("defaultMode", json!(420))]));
        }
        below(it, "hostPath", |it| drop_all(it, &[("type", json!(""))]));
        for source in ["configMap", "secret"] {
            below(it, source, |it| drop_all(it, &[("optional", json!(false))]));
        }
        let items = |it: &mut Map<String, Value>| each(it, "items", field_ref);
        below(it, "downwardAPI", items);
        below(it, "projected", |it| {
            each(it, "sources", |it| {
                below(it, "downwardAPI", items);
                below(it, "serviceAccountToken", |it| drop_all(it, &[("expirationSeconds", json!(3600))]));
            });
        });
    });
}

/// Values read from the pod itself are of `v1`.
fn field_ref(map: &mut Map<String, Value>) {
    below(map, "fieldRef", |it| drop_all(it, &[("apiVersion", json!("v1"))]));
    below(map, "resourceFieldRef", |it| drop_all(it, &[("divisor", json!("0"))]));
}

fn container(map: &mut Map<String, Value>) {
    let image = map.get("image").and_then(Value::as_str).unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    let (name, digest) = last.split_once('@').map_or((last, None), |(name, digest)| (name, Some(digest)));
    let tag = name.split_once(':').map(|(_, tag)| tag);
    let pull = if tag == Some("latest") || tag.or(digest).is_none() { "Always" } else { "IfNotPresent" };
    let defaults = [
        ("imagePullPolicy", json!(pull)),
        ("terminationMessagePath", json!("/dev/termination-log")),
        ("terminationMessagePolicy", json!("File")),
    ];
    drop_all(map, &defaults);
    drop_empty(map, &["resources", "securityContext"]);
    each(map, "ports", |it| drop_all(it, &[("protocol", json!("TCP"))]));
    each(map, "env", |it| {
        // Kubernetes reads a variable without a value as an empty one.
        drop_all(it, &[("value", json!(""))]);
        below(it, "valueFrom", field_ref);
    });
    each(map, "volumeMounts", |it| drop_all(it, &[("readOnly", json!(false))]));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        below(map, probe, |it| {
            let defaults = [
                ("failureThreshold", json!(3)),
                ("initialDelaySeconds", json!(0)),
                ("periodSeconds", json!(10)),
                ("successThreshold", json!(1)),
                ("timeoutSeconds", json!(1)),
            ];
            drop_all(it, &defaults);
            below(it, "httpGet", |it| drop_all(it, &[("path", json!("/")), ("scheme", json!("HTTP"))]));
            below(it, "grpc", |it| drop_all(it, &[("service", json!(""))]));
        });
    }
    below(map, "lifecycle", |it| {
        for hook in ["postStart", "preStop"] {
            below(it, hook, |it| {
                below(it, "httpGet", |it| drop_all(it, &[("path", json!("/")), ("scheme", json!("HTTP"))]));
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(kind: &str, mut value: Value) -> Value {
        strip(if kind == "CronJob" { "batch" } else { "apps" }, kind, &mut value);
        value
    }

    #[test]
    fn a_live_deployment_is_as_it_was_applied() {
        let container = json!({
            "name": "a",
            "image": "registry:5000/a:1",
            "imagePullPolicy": "IfNotPresent",
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "resources": {},
            "ports": [{ "containerPort": 80, "protocol": "TCP" }],
            "env": [{ "name": "POD", "valueFrom": { "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.name" } } }],
            "readinessProbe": { "httpGet": { "path": "/", "port": 80, "scheme": "HTTP" }, "periodSeconds": 10, "timeoutSeconds": 2 },
        });
        let live = json!({ "spec": {
            "replicas": 1,
            "progressDeadlineSeconds": 600,
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
            "template": { "spec": {
                "restartPolicy": "Always",
                "securityContext": {},
                "serviceAccount": "a",
                "serviceAccountName": "a",
                "containers": [container],
                "volumes": [{ "name": "c", "configMap": { "name": "c", "defaultMode": 420 } }],
            } },
        } });
        let expected = json!({ "spec": { "template": { "spec": {
            "serviceAccountName": "a",
            "containers": [{
                "name": "a",
                "image": "registry:5000/a:1",
                "ports": [{ "containerPort": 80 }],
                "env": [{ "name": "POD", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } }],
                "readinessProbe": { "httpGet": { "port": 80 }, "timeoutSeconds": 2 },
            }],
            "volumes": [{ "name": "c", "configMap": { "name": "c" } }],
        } } } });
        assert_eq!(stripped("Deployment", live), expected);
    }

    #[test]
    fn what_is_no_default_stays() {
        for (kind, spec) in [
            ("Deployment", json!({ "replicas": 2, "strategy": { "type": "Recreate" } })),
            (
                "StatefulSet",
                json!({ "podManagementPolicy": "Parallel", "updateStrategy": { "type": "OnDelete" } }),
            ),
            ("Service", json!({ "type": "LoadBalancer", "ports": [{ "port": 80, "targetPort": "http" }] })),
            ("CronJob", json!({ "concurrencyPolicy": "Forbid" })),
            (
                "NetworkPolicy",
                json!({ "podSelector": {}, "ingress": [{ "from": [{ "namespaceSelector": {} }] }] }),
            ),
        ] {
            let value = json!({ "spec": spec });
            assert_eq!(stripped(kind, value.clone()), value, "{kind}");
        }
    }

    #[test]
    fn pods_are_numbered_from_nought() {
        let empty = json!({ "spec": {} });
        for ordinals in [json!({}), json!({ "start": 0 })] {
            assert_eq!(stripped("StatefulSet", json!({ "spec": { "ordinals": ordinals } })), empty);
        }
        let value = json!({ "spec": { "ordinals": { "start": 1 } } });
        assert_eq!(stripped("StatefulSet", value.clone()), value);
    }

    #[test]
    fn a_queue_of_work_is_no_single_run() {
        let of = |spec: Value| stripped("Job", json!({ "spec": spec }))["spec"].clone();
        for once in [json!({ "completions": 1 }), json!({ "completions": 1, "parallelism": 1 })] {
            assert_eq!(of(once), json!({}));
        }
        assert_eq!(of(json!({ "completions": 3, "parallelism": 1 })), json!({ "completions": 3 }));
        for stays in [json!({ "completions": 1, "parallelism": 2 }), json!({ "parallelism": 1 })] {
            assert_eq!(of(stays.clone()), stays);
        }
    }

    #[test]
    fn the_default_of_a_pull_goes_by_the_tag() {
        let pull = |image: &str, pull: &str| {
            let mut map = json!({ "image": image, "imagePullPolicy": pull });
            container(map.as_object_mut().unwrap());
            map.get("imagePullPolicy").is_some()
        };
        assert!(!pull("a", "Always") && !pull("a:latest", "Always") && !pull("a:1", "IfNotPresent"));
        assert!(!pull("a@sha256:00", "IfNotPresent"));
        assert!(pull("a:1", "Always") && pull("r:5000/a", "IfNotPresent"));
    }

    #[test]
    fn the_pods_of_a_cron_job_are_pods() {
        let pod = json!({ "restartPolicy": "Never", "dnsPolicy": "ClusterFirst", "containers": [] });
        let live = json!({ "spec": { "jobTemplate": { "spec": { "backoffLimit": 6, "template": { "spec": pod } } } } });
        let template = json!({ "spec": { "restartPolicy": "Never", "containers": [] } });
        assert_eq!(
            stripped("CronJob", live),
            json!({ "spec": { "jobTemplate": { "spec": { "template": template } } } })
        );
    }
}
