//! The objects of a generated stack, written out by hand: what a program would do that knows everything already
//! and checks nothing. It is the lower bound that the compiler is measured against.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::autoscaling::v2;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::networking::v1 as net;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use stackgen::emit::write_yaml;

use super::shared;
use super::stack::Service;

/// All documents of the stack, as one stream. `callers` are those of each service, in the order of the stack.
pub(crate) fn write(services: &[Service], callers: &BTreeMap<&str, Vec<&str>>) -> String {
    let mut out = String::new();
    shared::write(&mut out, services);
    for service in services {
        let callers = callers.get(service.name.as_str()).map_or(&[][..], Vec::as_slice);
        let name = service.name.as_str();
        document(&mut out, &account(name));
        document(&mut out, &cluster_service(name));
        document(&mut out, &deployment(service));
        document(&mut out, &budget(name));
        document(&mut out, &autoscaler(name));
        document(&mut out, &network(service, callers));
    }
    out
}

/// Who calls each service.
pub(crate) fn callers(services: &[Service]) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in services {
        for used in &service.uses {
            found.entry(used).or_default().push(&service.name);
        }
    }
    found
}

pub(crate) fn document<T: serde::Serialize>(out: &mut String, object: &T) {
    if !out.is_empty() {
        out.push_str("---\n");
    }
    write_yaml(out, object).expect("plain objects have a YAML form");
}

#[allow(clippy::unnecessary_wraps, reason = "the fields it fills are optional")]
pub(crate) fn text(it: &str) -> Option<String> {
    Some(it.to_owned())
}

fn labels(name: &str) -> BTreeMap<String, String> {
    [("app.kubernetes.io/name", name), ("app.kubernetes.io/part-of", "generated")]
        .map(|(key, it)| (key.to_owned(), it.to_owned()))
        .into()
}

fn all_labels(name: &str) -> BTreeMap<String, String> {
    let mut all = labels(name);
    all.insert("app.kubernetes.io/managed-by".to_owned(), "stackgen".to_owned());
    all
}

fn metadata(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: text(name),
        namespace: text("apps"),
        labels: Some(all_labels(name)),
        ..Default::default()
    }
}

fn selector(name: &str) -> LabelSelector {
    LabelSelector { match_labels: Some(labels(name)), ..Default::default() }
}

fn account(name: &str) -> core::ServiceAccount {
    core::ServiceAccount {
        metadata: metadata(name),
        automount_service_account_token: Some(false),
        ..Default::default()
    }
}

fn cluster_service(name: &str) -> core::Service {
    let port = |name: &str, number: i32| core::ServicePort {
        name: text(name),
        port: number,
        protocol: text("TCP"),
        target_port: Some(IntOrString::String(name.to_owned())),
        ..Default::default()
    };
    core::Service {
        metadata: metadata(name),
        spec: Some(core::ServiceSpec {
            ports: Some(vec![port("http", 8080), port("grpc", 50050)]),
            selector: Some(labels(name)),
            type_: text("ClusterIP"),
            ..Default::default()
        }),
        status: None,
    }
}

fn deployment(service: &Service) -> apps::Deployment {
    let name = service.name.as_str();
    apps::Deployment {
        metadata: metadata(name),
        spec: apps::DeploymentSpec {
            selector: selector(name),
            strategy: Some(apps::DeploymentStrategy {
                type_: text("RollingUpdate"),
                rolling_update: Some(apps::RollingUpdateDeployment {
                    max_surge: Some(IntOrString::Int(1)),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            template: core::PodTemplateSpec {
                metadata: Some(ObjectMeta { labels: Some(all_labels(name)), ..Default::default() }),
                spec: Some(pod(service)),
            },
            ..Default::default()
        },
        status: None,
    }
}

fn pod(service: &Service) -> core::PodSpec {
    let name = service.name.as_str();
    let spread = |key: &str| core::TopologySpreadConstraint {
        label_selector: Some(selector(name)),
        match_label_keys: Some(vec!["pod-template-hash".to_owned()]),
        max_skew: 1,
        topology_key: key.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        ..Default::default()
    };
    core::PodSpec {
        automount_service_account_token: Some(false),
        containers: vec![container(service)],
        enable_service_links: Some(false),
        security_context: Some(core::PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(10001),
            run_as_group: Some(10001),
            fs_group: Some(10001),
            fs_group_change_policy: text("OnRootMismatch"),
            seccomp_profile: Some(core::SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                localhost_profile: None,
            }),
            ..Default::default()
        }),
        service_account_name: text(name),
        termination_grace_period_seconds: Some(30),
        topology_spread_constraints: Some(vec![
            spread("kubernetes.io/hostname"),
            spread("topology.kubernetes.io/zone"),
        ]),
        ..Default::default()
    }
}

fn container(service: &Service) -> core::Container {
    let name = service.name.as_str();
    let port = |name: &str, number: i32| core::ContainerPort {
        name: text(name),
        container_port: number,
        protocol: text("TCP"),
        ..Default::default()
    };
    let amounts = |cpu: &str, memory: &str| {
        let pairs = [("cpu", cpu), ("memory", memory)];
        Some(pairs.map(|(key, it)| (key.to_owned(), Quantity(it.to_owned()))).into())
    };
    let probe = |path: &str, period: i32| {
        Some(core::Probe {
            http_get: Some(core::HTTPGetAction {
                path: text(path),
                port: IntOrString::String("http".to_owned()),
                ..Default::default()
            }),
            period_seconds: Some(period),
            ..Default::default()
        })
    };
    core::Container {
        name: name.to_owned(),
        image: Some(format!("registry.example.com/apps/{name}:1.4.2")),
        env: Some(variables(service)),
        ports: Some(vec![port("http", 8080), port("grpc", 50050)]),
        lifecycle: Some(core::Lifecycle {
            pre_stop: Some(core::LifecycleHandler {
                sleep: Some(core::SleepAction { seconds: 5 }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        liveness_probe: probe("/health/live", 10),
        readiness_probe: probe("/health/ready", 5),
        resources: Some(core::ResourceRequirements {
            requests: amounts("100m", "64Mi"),
            limits: amounts("500m", "128Mi"),
            ..Default::default()
        }),
        security_context: Some(core::SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(core::Capabilities { add: None, drop: Some(vec!["ALL".to_owned()]) }),
            read_only_root_filesystem: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn variables(service: &Service) -> Vec<core::EnvVar> {
    let plain = |name: &str, value: String| core::EnvVar {
        name: name.to_owned(),
        value: Some(value),
        value_from: None,
    };
    let mut found = vec![
        plain("LOG_LEVEL", "info".to_owned()),
        plain("LOG_JSON", "true".to_owned()),
        plain("SHARD", service.name.clone()),
        plain("NEXT_URL", format!("http://{}:8080/v1", service.uses[0])),
    ];
    if let Some(secret) = &service.secret {
        let secret_key_ref =
            Some(core::SecretKeySelector { name: secret.clone(), key: "token".to_owned(), optional: None });
        found.push(core::EnvVar {
            name: "API_KEY".to_owned(),
            value: None,
            value_from: Some(core::EnvVarSource { secret_key_ref, ..Default::default() }),
        });
    }
    found
}

fn autoscaler(name: &str) -> v2::HorizontalPodAutoscaler {
    let target = v2::MetricTarget {
        type_: "Utilization".to_owned(),
        average_utilization: Some(60),
        ..Default::default()
    };
    v2::HorizontalPodAutoscaler {
        metadata: metadata(name),
        spec: v2::HorizontalPodAutoscalerSpec {
            behavior: Some(v2::HorizontalPodAutoscalerBehavior {
                scale_down: Some(v2::HPAScalingRules {
                    stabilization_window_seconds: Some(300),
                    ..Default::default()
                }),
                scale_up: None,
            }),
            max_replicas: 12,
            metrics: Some(vec![v2::MetricSpec {
                type_: "Resource".to_owned(),
                resource: Some(v2::ResourceMetricSource { name: "cpu".to_owned(), target }),
                ..Default::default()
            }]),
            min_replicas: Some(3),
            scale_target_ref: v2::CrossVersionObjectReference {
                api_version: text("apps/v1"),
                kind: "Deployment".to_owned(),
                name: name.to_owned(),
            },
        },
        status: None,
    }
}

fn budget(name: &str) -> policy::PodDisruptionBudget {
    policy::PodDisruptionBudget {
        metadata: metadata(name),
        spec: Some(policy::PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(selector(name)),
            unhealthy_pod_eviction_policy: text("AlwaysAllow"),
            min_available: None,
        }),
        status: None,
    }
}

fn network(service: &Service, callers: &[&str]) -> net::NetworkPolicy {
    let peer = |name: &str| {
        let namespace = [("kubernetes.io/metadata.name".to_owned(), "apps".to_owned())];
        let namespace = LabelSelector { match_labels: Some(namespace.into()), ..Default::default() };
        Some(vec![net::NetworkPolicyPeer {
            namespace_selector: Some(namespace),
            pod_selector: Some(selector(name)),
            ip_block: None,
        }])
    };
    let ports = || {
        let one = |number| net::NetworkPolicyPort {
            port: Some(IntOrString::Int(number)),
            protocol: text("TCP"),
            end_port: None,
        };
        Some(vec![one(8080), one(50050)])
    };
    let from = callers.iter().map(|it| net::NetworkPolicyIngressRule { from: peer(it), ports: ports() });
    let to = service.uses.iter().map(|it| net::NetworkPolicyEgressRule { to: peer(it), ports: ports() });
    net::NetworkPolicy {
        metadata: metadata(&service.name),
        spec: Some(net::NetworkPolicySpec {
            egress: Some(to.collect()),
            ingress: Some(from.collect()),
            pod_selector: Some(selector(&service.name)),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        }),
    }
}
