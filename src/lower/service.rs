//! Services, and what a service of the stack runs.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::model::{Expose, Rollout, Scale};
use crate::resolve::{Component, Resolved, metadata};
use crate::stateful::{Bound, Plan};
use crate::workload::{Budget, Controller, Part, Pod, ServiceKind, ServicePort, ServiceSpec, Workload};

/// What a service of the stack needs in the cluster.
pub(super) fn plan(resolved: &Resolved, component: &Component, bound: Bound) -> Plan {
    let service = &resolved.stack.services[&component.name];
    let fields = &service.fields;
    let rollout = fields.rollout.clone().unwrap_or(Rollout::STANDARD);
    let replicas = match fields.scale {
        Scale::Fixed(number) => Some(number),
        Scale::Hpa(_) => None,
    };
    let port = |it: &crate::workload::Endpoint, port: u16| ServicePort {
        name: it.name.as_str().to_owned(),
        port,
        target: it.name.as_str().to_owned(),
        protocol: it.protocol,
        app_protocol: it.app_protocol.clone(),
    };
    let mut services = Vec::new();
    if !component.endpoints.ports.is_empty() {
        services.push(ServiceSpec {
            name: component.name.to_string(),
            kind: ServiceKind::ClusterIp,
            ports: component.endpoints.ports.iter().map(|it| port(it, it.service)).collect(),
            selector: BTreeMap::new(),
            annotations: BTreeMap::new(),
        });
    }
    if let Some(Expose::LoadBalancer(balancer)) = &fields.expose {
        let offered = component.endpoints.ports.iter();
        services.push(ServiceSpec {
            name: format!("{}-public", component.name),
            kind: ServiceKind::LoadBalancer { sources: balancer.sources.0.clone() },
            ports: offered.filter_map(|it| Some(port(it, balancer.ports.get(&it.name)?.get()))).collect(),
            selector: BTreeMap::new(),
            annotations: balancer.annotations.iter().map(|(key, it)| (key.to_string(), it.clone())).collect(),
        });
    }
    let workload = Workload {
        name: component.name.to_string(),
        part: None,
        controller: Controller::Deployment { replicas, rollout },
        pod: Pod {
            automount_token: service.container.automount_token,
            annotations: bound.annotations,
            security: bound.security,
            grace: service.container.grace,
            volumes: bound.volumes,
            containers: vec![bound.container],
            ..Pod::default()
        },
    };
    let budget = if fields.scale.floor() > 1 { Budget::MaxUnavailable(1) } else { Budget::None };
    Plan {
        parts: vec![Part { workload, services, budget }],
        files: bound.files.into_iter().collect(),
        objects: Vec::new(),
    }
}

/// A Service of the pods of a part.
pub(super) fn service(
    resolved: &Resolved,
    component: &Component,
    part: Option<&str>,
    spec: ServiceSpec,
) -> core::Service {
    let mut selector = resolved.selector(component, part);
    selector.extend(spec.selector);
    let exposed = |it: ServicePort| core::ServicePort {
        app_protocol: it.app_protocol,
        name: Some(it.name),
        port: i32::from(it.port),
        protocol: Some(it.protocol.as_str().to_owned()),
        target_port: Some(IntOrString::String(it.target)),
        ..Default::default()
    };
    let mut metadata = metadata(resolved, Some(component), &spec.name);
    metadata.annotations = (!spec.annotations.is_empty()).then_some(spec.annotations);
    let mut out = core::ServiceSpec {
        ports: Some(spec.ports.into_iter().map(exposed).collect()),
        selector: Some(selector),
        type_: Some("ClusterIP".to_owned()),
        ..Default::default()
    };
    match spec.kind {
        ServiceKind::ClusterIp => {}
        ServiceKind::Headless => {
            out.cluster_ip = Some("None".to_owned());
            out.publish_not_ready_addresses = Some(true);
        }
        ServiceKind::LoadBalancer { sources } => {
            out.type_ = Some("LoadBalancer".to_owned());
            // Keeps the client's address, which the NetworkPolicy and the access log go by.
            out.external_traffic_policy = Some("Local".to_owned());
            out.load_balancer_source_ranges = Some(sources);
        }
    }
    core::Service { metadata, spec: Some(out), status: None }
}
