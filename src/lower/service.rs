//! Services, and what a service of the stack runs.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::progress;
use crate::mesh;
use crate::model::{CountOrPercent, Expose, Peers, Protocol, Rollout, Scale};
use crate::resolve::{Component, Resolved, metadata};
use crate::stateful::{Bound, Plan};
use crate::workload::{Budget, Controller, Pace, Part, Pod, ServiceKind, ServicePort, ServiceSpec, Workload};

/// What a service of the stack needs in the cluster.
pub(super) fn plan(resolved: &Resolved, component: &Component, mut bound: Bound) -> Plan {
    let service = &resolved.stack.services[&component.name];
    let fields = &service.fields;
    let rollout = fields.rollout.as_ref();
    let several = |replicas| match progress::strategy(resolved, component, beside(rollout)) {
        Some(strategy) => Controller::Rollout { replicas, strategy: Box::new(strategy) },
        None => Controller::Deployment { replicas, pace: beside(rollout) },
    };
    let controller = match &fields.scale {
        Scale::Fixed(number) => several(Some(*number)),
        Scale::Hpa(_) | Scale::Keda(_) => several(None),
        Scale::PerNode => Controller::DaemonSet { pace: in_place(rollout) },
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
            name: component.service.to_string(),
            kind: ServiceKind::ClusterIp,
            ports: component.endpoints.ports.iter().map(|it| port(it, it.service)).collect(),
            active: true,
            selector: BTreeMap::new(),
            annotations: BTreeMap::new(),
        });
        // The other colour has a Service as a service of its own; this one is asked by its colour, too.
        // Argo Rollouts tells the versions apart by a label that it adds to the selectors of both Services.
        let second = match rollout {
            Some(it) if it.coloured().is_some() => Some(format!("{}-blue", component.name)),
            Some(it) if it.promoted().is_some() => Some(component.preview_service()),
            Some(it) if it.stepped().is_some() => resolved.split(component).map(|it| it.service),
            _ => None,
        };
        services.extend(second.map(|name| ServiceSpec { name, active: false, ..services[0].clone() }));
    }
    if let Some(Expose::LoadBalancer(balancer)) = &fields.expose {
        let offered = component.endpoints.ports.iter();
        services.push(ServiceSpec {
            name: format!("{}-public", component.name),
            kind: ServiceKind::LoadBalancer { sources: balancer.sources.0.clone() },
            ports: offered.filter_map(|it| Some(port(it, balancer.ports.get(&it.name)?.get()))).collect(),
            active: true,
            selector: BTreeMap::new(),
            annotations: balancer.annotations.iter().map(|(key, it)| (key.to_string(), it.clone())).collect(),
        });
    }
    if let Some(peers) = resolved.peers(component) {
        // Both versions of a service find each other by the name of the first.
        services.extend((!component.is_variant()).then(|| peers_service(resolved, component, peers)));
        add_gossip_ports(peers, &mut bound.container);
    }
    let workload = Workload {
        name: component.called.to_string(),
        part: None,
        controller,
        pod: Pod {
            automount_token: service.pod.token(),
            annotations: bound.annotations,
            security: bound.security,
            grace: service.pod.grace,
            volumes: bound.volumes,
            init: bound.init,
            containers: std::iter::once(bound.container).chain(bound.sidecars).collect(),
            ..Pod::default()
        },
    };
    // A drain leaves the pods of a DaemonSet where they are.
    let spare = fields.scale.floor().is_some_and(|it| it > 1);
    let budget = if spare { Budget::MaxUnavailable(1) } else { Budget::None };
    Plan { parts: vec![Part { workload, services, budget }], files: bound.files, ..Plan::default() }
}

/// The Service by which the pods of a service find each other, ready or not.
fn peers_service(resolved: &Resolved, component: &Component, peers: &Peers) -> ServiceSpec {
    let tcp = Some("tcp".to_owned());
    let gossip = |name: &str, protocol| {
        let app_protocol = tcp.clone().filter(|_| protocol == Protocol::Tcp);
        let port = peers.gossip(protocol)?;
        Some(ServicePort { name: name.to_owned(), port, target: name.to_owned(), protocol, app_protocol })
    };
    let mut ports: Vec<ServicePort> = [gossip(Peers::TCP, Protocol::Tcp), gossip(Peers::UDP, Protocol::Udp)]
        .into_iter()
        .flatten()
        .collect();
    let called = component.endpoints.ports.iter().filter(|it| peers.calls.0.contains(&it.name));
    ports.extend(called.map(|it| ServicePort {
        name: it.name.to_string(),
        port: it.number,
        target: it.name.to_string(),
        protocol: it.protocol,
        // Pods call each other by address. A sidecar of Istio knows such a call, and encrypts it, where the port of a headless
        // Service is one of bytes: it then listens for each pod. A port of HTTP is known by host names alone.
        app_protocol: if mesh::calls_by_host(resolved, component) {
            tcp.clone().filter(|_| it.protocol == Protocol::Tcp)
        } else {
            it.app_protocol.clone()
        },
    }));
    ServiceSpec {
        name: Peers::service(component.name.as_str()),
        kind: ServiceKind::Headless,
        ports,
        active: false,
        selector: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}

/// The container listens where its pods tell each other who is there.
fn add_gossip_ports(peers: &Peers, container: &mut core::Container) {
    for (name, protocol) in [(Peers::TCP, Protocol::Tcp), (Peers::UDP, Protocol::Udp)] {
        let Some(port) = peers.gossip(protocol) else { continue };
        container.ports.get_or_insert_default().push(core::ContainerPort {
            name: Some(name.to_owned()),
            container_port: i32::from(port),
            protocol: Some(protocol.as_str().to_owned()),
            ..Default::default()
        });
    }
}

/// A new pod comes before an old one goes, unless the stack says otherwise.
fn beside(rollout: Option<&Rollout>) -> Option<Pace> {
    let rolling = match rollout {
        Some(Rollout::Recreate) => return None,
        Some(Rollout::Rolling(it)) => Some(it),
        None => None,
    };
    Some(Pace {
        surge: rolling.and_then(|it| it.max_surge).unwrap_or(CountOrPercent::Count(1)),
        unavailable: rolling.and_then(|it| it.max_unavailable).unwrap_or(CountOrPercent::Count(0)),
    })
}

/// A node has one pod: the old one goes first, unless the stack asks for a surge. Kubernetes takes one of the two only.
fn in_place(rollout: Option<&Rollout>) -> Pace {
    let (surge, unavailable) = match rollout {
        Some(Rollout::Rolling(it)) => (it.max_surge, it.max_unavailable),
        Some(Rollout::Recreate) | None => (None, None),
    };
    let other = |it: CountOrPercent| CountOrPercent::Count(u32::from(it.is_zero()));
    let surge = surge.unwrap_or_else(|| unavailable.map_or(CountOrPercent::Count(0), other));
    Pace { surge, unavailable: unavailable.unwrap_or_else(|| other(surge)) }
}

/// The number of a port of a pod.
fn number(pod: &Pod, name: &str) -> Option<i32> {
    let all = pod.containers.iter().chain(&pod.init).filter_map(|it| it.ports.as_ref()).flatten();
    all.into_iter().find(|it| it.name.as_deref() == Some(name)).map(|it| it.container_port)
}

/// A Service of the pods of a workload.
pub(super) fn service(
    resolved: &Resolved,
    component: &Component,
    workload: &Workload,
    spec: ServiceSpec,
) -> core::Service {
    let asked = if spec.active { resolved.active(component) } else { component };
    let mut selector = resolved.selector(asked, workload.part);
    selector.extend(spec.selector);
    // Pods from before listen on the same number, and have no name for it; they are there too where their selector is not kept, as
    // they get the new labels first.
    let kept = asked.name == component.name && resolved.adopted(component).is_some();
    let target = |name: String| match number(&workload.pod, &name).filter(|_| kept) {
        Some(number) => IntOrString::Int(number),
        None => IntOrString::String(name),
    };
    let exposed = |it: ServicePort| core::ServicePort {
        app_protocol: it.app_protocol,
        name: Some(it.name),
        port: i32::from(it.port),
        protocol: Some(it.protocol.as_str().to_owned()),
        target_port: Some(target(it.target)),
        ..Default::default()
    };
    let mut metadata = metadata(resolved, Some(component), &spec.name);
    let mut annotations = mesh::service_annotations(resolved, component);
    annotations.extend(spec.annotations);
    metadata.annotations = (!annotations.is_empty()).then_some(annotations);
    let mut out = core::ServiceSpec {
        ports: (!spec.ports.is_empty()).then(|| spec.ports.into_iter().map(exposed).collect()),
        selector: Some(selector),
        type_: Some("ClusterIP".to_owned()),
        ..Default::default()
    };
    match spec.kind {
        ServiceKind::ClusterIp => {
            out.internal_traffic_policy = resolved.is_node_local(component).then(|| "Local".to_owned());
        }
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
