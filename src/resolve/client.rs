//! Callers outside the stack that a component lets in.

use std::collections::BTreeMap;

use super::{Component, Resolved, Section, codes};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::model::{Client, Name, Protocol};
use crate::workload::Endpoint;

/// A caller outside the stack, and what it may call.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its name under `clients`.
    pub client: Name,
    /// The labels of its pods; none where all of the namespace are meant, and for addresses.
    pub labels: BTreeMap<String, String>,
    /// The ports.
    pub ports: Vec<Endpoint>,
    /// Whether it collects the metrics that those ports show.
    pub collects: bool,
    /// Where that is declared.
    pub at: Route,
}

/// Fills in the guests; reports clients and ports that do not exist.
pub(super) fn connect(resolved: &mut Resolved, sink: &mut Sink) {
    for (name, client) in &resolved.stack.clients {
        let Client::Pods(pods) = client else { continue };
        if pods.service_account.is_some() && !pods.mesh {
            let at = Route::of(&["clients", name.as_str(), "pods", "serviceAccount"]);
            let message = "nobody asks for a ServiceAccount outside the mesh";
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at, message)
                    .help("remove it, or say `mesh: true` where the pods are in the mesh"),
            );
        }
    }
    let mut found: Vec<(Name, Guest)> = Vec::new();
    for component in resolved.components.values() {
        let at = component.route().join("usedBy");
        for (client, ports) in &resolved.common(component).used_by.0 {
            let at = at.join(client.as_str());
            found.extend(guest(resolved, component, client, ports, at, sink));
        }
        // A collector is let in to the metrics, whatever the component says under `usedBy`.
        if let Some(collected) = resolved.collected(component)
            && resolved.stack.clients.contains_key(collected.by)
        {
            let ports = collected.targets.iter().filter_map(|it| it.endpoint(component)).collect();
            let guest = Guest { collects: true, ..Guest::new(resolved, collected.by, ports, collected.at) };
            found.push((component.name.clone(), guest));
        }
    }
    for (name, guest) in found {
        if let Some(component) = resolved.components.get_mut(&name) {
            component.guests.push(guest);
        }
    }
}

/// A client as the guest of a component; none after a report.
fn guest(
    resolved: &Resolved,
    component: &Component,
    client: &Name,
    ports: &[Name],
    at: Route,
    sink: &mut Sink,
) -> Option<(Name, Guest)> {
    let ports = ports_of(resolved, component, client, ports, &at, sink)?;
    Some((component.name.clone(), Guest::new(resolved, client, ports, at)))
}

impl Guest {
    /// One that the stack declares.
    fn new(resolved: &Resolved, client: &Name, ports: Vec<Endpoint>, at: Route) -> Self {
        let pods = resolved.stack.clients[client].pods().into_iter().flat_map(|it| &it.labels);
        let labels = pods.map(|(key, it)| (key.to_string(), it.clone())).collect();
        Self { client: client.clone(), labels, ports, collects: false, at }
    }
}

/// Whether there is such a client; reports one that is not there. `component` is whom it would call, where it is one.
pub(super) fn known(
    resolved: &Resolved,
    client: &Name,
    component: Option<&Component>,
    at: &Route,
    sink: &mut Sink,
) -> bool {
    if resolved.stack.clients.contains_key(client) {
        return true;
    }
    if resolved.components.contains_key(client) {
        let message = format!("`{client}` is a component of the stack, not a client outside it");
        let help = match component {
            Some(it) => format!("add `{}` to the `uses` of `{client}` instead", it.name),
            None => format!("add what it collects from to the `uses` of `{client}` instead"),
        };
        sink.push(Diagnostic::at_value(&codes::UNKNOWN_NAME, at, message).help(help));
    } else {
        let known = resolved.stack.clients.keys().map(Name::as_str);
        sink.extend(resolved.unknown("client", client.as_str(), at, "clients", known));
    }
    false
}

fn ports_of(
    resolved: &Resolved,
    component: &Component,
    client: &Name,
    ports: &[Name],
    at: &Route,
    sink: &mut Sink,
) -> Option<Vec<Endpoint>> {
    if !known(resolved, client, Some(component), at, sink) {
        return None;
    }
    let offered = &component.endpoints.ports;
    if ports.is_empty() && offered.is_empty() {
        let message = format!("`{client}` may call `{}`, which listens on no port", component.name);
        sink.push(Diagnostic::at_value(&crate::stateful::codes::UNKNOWN_PORT, at, message));
    }
    let mut chosen = if ports.is_empty() { offered.clone() } else { Vec::new() };
    for port in ports {
        // A tier serves some ports, such as those of metrics, to nobody in the stack: they have no name here.
        let numbered = || {
            let number = port.as_str().parse().ok().filter(|it| *it > 0)?;
            (component.section == Section::Stateful).then(|| Endpoint {
                name: port.clone(),
                number,
                service: number,
                protocol: Protocol::Tcp,
                app_protocol: None,
            })
        };
        match offered.iter().find(|it| it.name == *port).cloned().or_else(numbered) {
            Some(endpoint) => chosen.push(endpoint),
            None => sink.extend(resolved.unknown_port(component, port.as_str(), at)),
        }
    }
    Some(chosen)
}
