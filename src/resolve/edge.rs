//! Who calls whom, from `uses` and `bind`.

use super::{Component, Resolved, binding, codes, job, peers, telemetry, variant};
use crate::diag::{Diagnostic, Part, Route, Sink, nearest};
use crate::document::COMPONENTS;
use crate::model::{External, Name};
use crate::syntax::Node;
use crate::workload::Endpoint;

/// A declared path.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Who calls.
    pub from: Name,
    /// Whom.
    pub to: Target,
    /// On which ports.
    pub ports: Vec<Endpoint>,
    /// Whether who calls waits for whom: not where it only tells how it does.
    pub awaited: bool,
    /// Where it is declared.
    pub at: Route,
}

/// The end of an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A service or tier.
    Component(Name),
    /// Something outside the cluster.
    External(Name),
}

impl Target {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Name {
        match self {
            Self::Component(name) | Self::External(name) => name,
        }
    }
}

/// Fills in the edges; reports targets and ports that do not exist, and circles of tiers.
pub(super) fn connect(resolved: &mut Resolved, sink: &mut Sink) {
    let mut edges = Vec::new();
    for component in resolved.components.values() {
        let at = component.route().join("uses");
        for (target, ports) in &resolved.common(component).uses.0 {
            let edge = one(resolved, component, target, ports, &at.join(target.as_str()), sink);
            let second = edge.as_ref().and_then(|it| variant::also(resolved, it));
            edges.extend(edge.into_iter().chain(second));
        }
        let at = component.route().join("bind");
        for (role, binding) in &resolved.common(component).bind {
            let at = at.join(role.as_str());
            let edge = one(resolved, component, &binding.target, binding.port.as_slice(), &at, sink);
            let second = edge.as_ref().and_then(|it| variant::also(resolved, it));
            edges.extend(edge.into_iter().chain(second));
        }
        binding::check(resolved, component, sink);
        edges.extend(peers::to_the_other_version(resolved, component));
        edges.extend(telemetry::path(resolved, component, &edges));
    }
    job::lend(resolved, &mut edges);
    for (index, edge) in edges.iter().enumerate() {
        if let Some(from) = resolved.components.get_mut(&edge.from) {
            from.uses.push(index);
        }
        if let Target::Component(to) = &edge.to
            && let Some(to) = resolved.components.get_mut(to)
        {
            to.used_by.push(index);
        }
    }
    resolved.edges = edges;
    unread(resolved, sink);
    circles(resolved, sink);
}

fn one(
    resolved: &Resolved,
    component: &Component,
    target: &Name,
    ports: &[Name],
    at: &Route,
    sink: &mut Sink,
) -> Option<Edge> {
    let edge = |to, ports| Edge { from: component.name.clone(), to, ports, awaited: true, at: at.clone() };
    if let Some(external) = resolved.stack.externals.get(target) {
        return Some(edge(Target::External(target.clone()), vec![outside(target, external)]));
    }
    let Some(to) = resolved.components.get(target) else {
        sink.extend(unknown_target(resolved, component.name.as_str(), target, at));
        return None;
    };
    let offered = &to.endpoints.ports;
    let mut chosen = Vec::new();
    for port in ports {
        match offered.iter().find(|it| it.name == *port) {
            Some(endpoint) => chosen.push(endpoint.clone()),
            None => sink.extend(resolved.unknown_port(to, port.as_str(), at)),
        }
    }
    if ports.is_empty() {
        chosen.clone_from(offered);
        if offered.is_empty() {
            let message = format!("`{}` uses `{target}`, which listens on no port", component.name);
            sink.push(
                Diagnostic::at_value(&crate::stateful::codes::UNKNOWN_PORT, at, message)
                    .also(crate::diag::At::Node(to.route().clone(), Part::Key), "no `ports` here"),
            );
        }
    }
    Some(edge(Target::Component(target.clone()), chosen))
}

/// A target that nobody is; none where it is written and could not be read, which is told already.
fn unknown_target(resolved: &Resolved, from: &str, target: &Name, at: &Route) -> Option<Diagnostic> {
    let sections = ["services", "stateful", "externals"];
    if sections.iter().any(|it| resolved.is_written(it, target.as_str())) {
        return None;
    }
    if let Some(found) = sections.iter().find_map(|it| resolved.removed(it, target.as_str(), at)) {
        return Some(found);
    }
    let verb = if at.steps().any(|it| it == "bind") { "is bound to" } else { "uses" };
    let message = format!("`{from}` {verb} `{target}`, which this stack does not declare");
    let found = Diagnostic::at_value(&codes::UNKNOWN_TARGET, at, message);
    let names = resolved.components.keys().chain(resolved.stack.externals.keys()).map(Name::as_str);
    Some(match nearest(target.as_str(), names.clone()) {
        Some(near) => {
            let place = resolved.components.get(near).map(Component::route).cloned();
            let found = found.note("every path is declared: policies are made from `uses` alone");
            let found = match place {
                Some(place) => {
                    found.also(crate::diag::At::Node(place, Part::Key), "a similar name is declared here")
                }
                None => found,
            };
            super::meant(found, target.as_str(), near, at, names)
        }
        None => found.help("declare it under `services`, `stateful` or `externals`"),
    })
}

/// Reports what roles of components are bound to that could not be read: what a binding brings may be what they lack.
fn unread(resolved: &Resolved, sink: &mut Sink) {
    for section in COMPONENTS {
        let written = resolved.written.get(section).and_then(Node::as_map).into_iter().flatten();
        for (name, entry) in written.filter(|it| !resolved.components.contains_key(&**it.0)) {
            for (role, it) in entry.value.get("bind").and_then(Node::as_map).into_iter().flatten() {
                let text = it.value.as_scalar().map(|it| it.text.split(':').next().unwrap_or_default());
                let Some(Ok(target)) = text.map(Name::parse) else { continue };
                if !resolved.components.contains_key(&target)
                    && !resolved.stack.externals.contains_key(&target)
                {
                    let at = Route::of(&[section, name, "bind", role]);
                    sink.extend(unknown_target(resolved, name, &target, &at));
                }
            }
        }
    }
}

/// The port of something outside the cluster.
pub(super) fn outside(name: &Name, external: &External) -> Endpoint {
    let number = external.port.get();
    Endpoint { name: name.clone(), number, service: number, protocol: external.protocol, app_protocol: None }
}

impl Resolved {
    /// A port that a component does not have; none where one of that name is written and could not be read.
    pub(super) fn unknown_port(&self, component: &Component, port: &str, at: &Route) -> Option<Diagnostic> {
        let written =
            self.written.get(component.section.as_str()).and_then(|it| it.get(component.name.as_str()));
        let ports = written.and_then(|it| it.get("ports"));
        if ports.is_some_and(|it| it.as_map().is_none() || it.get(port).is_some()) {
            return None;
        }
        let names = || component.endpoints.ports.iter().map(|it| it.name.as_str());
        let found = Diagnostic::at_value(
            &crate::stateful::codes::UNKNOWN_PORT,
            at,
            format!("`{}` has no port `{port}`", component.name),
        )
        .also(crate::diag::At::Node(component.route().clone(), Part::Key), "declared here");
        Some(match nearest(port, names()) {
            Some(near) => found.help(format!("write `{near}`")),
            None => found.help(crate::diag::it_has(names())),
        })
    }
}

/// Tiers that wait for each other. Services may: they retry, and their probes do not need each other.
fn circles(resolved: &Resolved, sink: &mut Sink) {
    for start in resolved.stack.stateful.keys() {
        let mut path = vec![start.clone()];
        if let Some(circle) = walk(resolved, start, &mut path)
            && circle.iter().min() == Some(start)
        {
            let shown = circle.iter().chain([start]).map(Name::as_str).collect::<Vec<_>>().join(" → ");
            let at = Route::of(&["stateful", start.as_str(), "uses"]);
            sink.push(
                Diagnostic::at_value(&codes::BOOT_CYCLE, &at, format!("tiers wait for each other: {shown}"))
                    .help("break the circle: one of them must start without the other"),
            );
        }
    }
}

fn walk(resolved: &Resolved, start: &Name, path: &mut Vec<Name>) -> Option<Vec<Name>> {
    let last = resolved.components.get(path.last()?)?;
    for edge in last.uses.iter().map(|it| &resolved.edges[*it]).filter(|it| it.awaited) {
        let Target::Component(to) = &edge.to else { continue };
        if to == start {
            return Some(path.clone());
        }
        if resolved.stack.stateful.contains_key(to) && !path.contains(to) {
            path.push(to.clone());
            if let Some(found) = walk(resolved, start, path) {
                return Some(found);
            }
            path.pop();
        }
    }
    None
}
