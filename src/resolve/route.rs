//! Ways in from outside: which gateway, host and path leads to which port.

use std::collections::BTreeMap;

use super::{Component, Resolved, Section, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink, nearest};
use crate::model::codes::MISSING_FIELD;
use crate::model::{Expose, Gateway, HostName, Listener, ListenerProtocol, Name};
use crate::workload::Endpoint;

/// Pods outside the stack that bring traffic in, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Their namespace's name in the cluster.
    pub namespace: String,
    /// The container's port that they call.
    pub port: u16,
    /// Whether they are in the mesh.
    pub mesh: bool,
    /// Where that is declared.
    pub at: Route,
}

/// Where a gateway is: its namespace's name in the cluster, its name, its listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayPlace<'a> {
    /// The namespace's name in the cluster.
    pub namespace: &'a str,
    /// The object's name.
    pub name: &'a str,
    /// The listener that routes join; all of them where none.
    pub listener: Option<&'a str>,
    /// The namespace's name in the cluster where its proxies run.
    pub proxies: &'a str,
    /// Whether its proxies are in the mesh.
    pub mesh: bool,
}

impl Resolved {
    /// Where a gateway of the stack is.
    #[must_use]
    pub fn gateway(&self, name: &Name) -> Option<GatewayPlace<'_>> {
        let (key, gateway) = self.stack.gateways.get_key_value(name)?;
        Some(match gateway {
            Gateway::Existing(it) => GatewayPlace {
                namespace: it.namespace.as_str(),
                name: it.name.as_ref().unwrap_or(key).as_str(),
                listener: it.listener.as_ref().map(Name::as_str),
                proxies: it.proxies.as_ref().unwrap_or(&it.namespace).as_str(),
                mesh: it.mesh,
            },
            Gateway::Own(it) => {
                let namespace = self.own_namespace(it.namespace.as_ref());
                let proxies = it.proxies.as_ref().map_or(namespace, Name::as_str);
                GatewayPlace { namespace, name: key.as_str(), listener: None, proxies, mesh: it.mesh }
            }
        })
    }

    fn own_namespace(&self, named: Option<&Name>) -> &str {
        let key = named.or_else(|| self.stack.namespaces.keys().next());
        key.map_or("default", |it| self.namespace(it))
    }
}

impl Component {
    /// The port that a route leads to: by name, else the one with the usual name, else the first.
    #[must_use]
    pub fn exposed_port(&self, name: Option<&Name>, usual: &str) -> Option<&Endpoint> {
        let ports = &self.endpoints.ports;
        let find = |name: &str| ports.iter().find(|it| it.name.as_str() == name);
        match name {
            Some(name) => find(name.as_str()),
            None => find(usual).or(ports.first()),
        }
    }
}

/// Fills in the entries; reports gateways, ports, backends and certificates that do not exist, and what two routes share.
pub(super) fn connect(resolved: &mut Resolved, sink: &mut Sink) {
    for (name, gateway) in &resolved.stack.gateways {
        if let Gateway::Own(own) = gateway {
            let at = Route::of(&["gateways", name.as_str(), "own"]);
            resolved.namespace_of(own.namespace.as_ref(), &at, sink);
            for (listener, it) in &own.listeners {
                certificate(
                    resolved,
                    it,
                    resolved.own_namespace(own.namespace.as_ref()),
                    &at.join("listeners").join(listener.as_str()),
                    sink,
                );
            }
            if own.listeners.is_empty() {
                let message = format!("the gateway `{name}` listens nowhere");
                sink.push(Diagnostic::at_key(&MISSING_FIELD, &at, message).help("add `listeners`"));
            }
        }
    }
    let mut found: Vec<(Name, Entry)> = Vec::new();
    let mut taken: BTreeMap<(Name, HostName, String), Route> = BTreeMap::new();
    for component in resolved.components.values().filter(|it| it.section == Section::Services) {
        let Some(expose) = &resolved.stack.services[&component.name].fields.expose else { continue };
        let at = component.route().join("expose");
        Walk { resolved, component, found: &mut found, taken: &mut taken, sink }.expose(expose, &at);
    }
    // What comes in to a service comes in to its second version, too.
    let second = |(name, entry): &(Name, Entry)| {
        Some((resolved.components.get(name)?.variant.clone()?, entry.clone()))
    };
    let seconds: Vec<(Name, Entry)> = found.iter().filter_map(second).collect();
    for (name, entry) in found.into_iter().chain(seconds) {
        if let Some(component) = resolved.components.get_mut(&name)
            && !component.entries.contains(&entry)
        {
            component.entries.push(entry);
        }
    }
}

struct Walk<'a, 'b> {
    resolved: &'a Resolved,
    component: &'a Component,
    found: &'b mut Vec<(Name, Entry)>,
    taken: &'b mut BTreeMap<(Name, HostName, String), Route>,
    sink: &'b mut Sink,
}

/// The proxies of a route, and what its port is usually called.
struct Way {
    namespace: String,
    mesh: bool,
    usual: &'static str,
}

impl Walk<'_, '_> {
    fn expose(&mut self, expose: &Expose, at: &Route) {
        match expose {
            // Its ports are a rule's business: it has no gateway.
            Expose::LoadBalancer(_) => {}
            Expose::Http(http) => {
                let at = at.join("http");
                let Some(way) = self.gateway(&http.gateway, "http", &at) else { return };
                if http.paths.is_empty() {
                    self.enter(self.component, http.port.as_ref(), &at, &way);
                    self.take(&http.gateway, &http.hosts.0, "/", false, &at.join("hosts"));
                }
                for (path, rule) in &http.paths {
                    let at = at.join("paths").join(path.as_str());
                    let port = rule.port.as_ref().or(http.port.as_ref());
                    if rule.backends.is_empty() {
                        self.enter(self.component, port, &at, &way);
                    }
                    self.backends(&rule.backends, port, &at.join("backends"), &way);
                    self.take(&http.gateway, &http.hosts.0, path.as_str(), rule.exact, &at);
                }
            }
            Expose::Grpc(grpc) => {
                let at = at.join("grpc");
                let Some(way) = self.gateway(&grpc.gateway, "grpc", &at) else { return };
                self.enter(self.component, grpc.port.as_ref(), &at, &way);
                for service in &grpc.services {
                    self.take(
                        &grpc.gateway,
                        &grpc.hosts.0,
                        &format!("/{service}"),
                        false,
                        &at.join("services"),
                    );
                }
                if grpc.services.is_empty() {
                    self.take(&grpc.gateway, &grpc.hosts.0, "/", false, &at.join("hosts"));
                }
            }
            Expose::Ingress(ingress) => {
                let at = at.join("ingress");
                let way =
                    Way { namespace: ingress.controller.to_string(), mesh: ingress.mesh, usual: "http" };
                self.enter(self.component, ingress.port.as_ref(), &at, &way);
                if let Some(name) = &ingress.certificate {
                    let namespace = self.resolved.namespace(&self.component.namespace);
                    of_namespace(self.resolved, name, namespace, &at.join("certificate"), self.sink);
                }
                let paths = ingress.paths.0.iter().map(crate::model::AbsolutePath::as_str);
                let paths: Vec<&str> = if ingress.paths.0.is_empty() { vec!["/"] } else { paths.collect() };
                for path in paths {
                    self.take(&ingress.class, &ingress.hosts.0, path, false, &at.join("hosts"));
                }
            }
        }
    }

    fn gateway(&mut self, gateway: &Name, usual: &'static str, at: &Route) -> Option<Way> {
        if let Some(place) = self.resolved.gateway(gateway) {
            return Some(Way { namespace: place.proxies.to_owned(), mesh: place.mesh, usual });
        }
        let known = self.resolved.stack.gateways.keys().map(Name::as_str);
        let at = at.join("gateway");
        self.sink.extend(self.resolved.unknown("gateway", gateway.as_str(), &at, "gateways", known));
        None
    }

    /// A port of a component that the proxies call.
    fn enter(&mut self, component: &Component, port: Option<&Name>, at: &Route, way: &Way) {
        if let Some(port) = component.exposed_port(port, way.usual) {
            let (namespace, mesh) = (way.namespace.clone(), way.mesh);
            let entry = Entry { namespace, port: port.number, mesh, at: at.clone() };
            self.found.push((component.name.clone(), entry));
        } else {
            let at = if port.is_some() { at.join("port") } else { at.clone() };
            let name = port.map_or("", Name::as_str);
            self.sink.extend(self.resolved.unknown_port(component, name, &at));
        }
    }

    fn backends(
        &mut self,
        backends: &indexmap::IndexMap<Name, u32>,
        port: Option<&Name>,
        at: &Route,
        way: &Way,
    ) {
        let resolved = self.resolved;
        for name in backends.keys() {
            let at = at.join(name.as_str());
            let service = resolved.components.get(name).filter(|it| it.section == Section::Services);
            if let Some(component) = service {
                // A backend is called on the port that the route's own service calls so.
                let own = self.component.exposed_port(port, way.usual).map(|it| it.name.clone());
                self.enter(component, own.as_ref(), &at, way);
            } else if !resolved.is_written("services", name.as_str()) {
                let message = format!("there is no service `{name}`");
                let found = Diagnostic::at_key(&codes::UNKNOWN_NAME, &at, message);
                let known = resolved.stack.services.keys().map(Name::as_str);
                self.sink.push(match nearest(name.as_str(), known) {
                    Some(near) => found.help(format!("write `{near}`")),
                    None => found,
                });
            }
        }
        if !backends.is_empty() && backends.values().all(|it| *it == 0) {
            let message = "no backend has a share: every request is refused";
            self.sink.push(
                Diagnostic::at_value(&crate::model::codes::BAD_VALUE, at, message)
                    .help("give one of them a weight above 0"),
            );
        }
    }

    /// Notes host and path of a gateway; reports a second claim.
    fn take(&mut self, gateway: &Name, hosts: &[HostName], path: &str, exact: bool, at: &Route) {
        // A prefix means the same with and without a slash at its end.
        let path = match path.trim_end_matches('/') {
            _ if exact => format!("={path}"),
            "" => "/".to_owned(),
            path => path.to_owned(),
        };
        for host in hosts {
            let key = (gateway.clone(), host.clone(), path.clone());
            match self.taken.get(&key) {
                Some(first) => {
                    let message =
                        format!("`{host}{}` of `{gateway}` leads here already", path.trim_start_matches('='));
                    self.sink.push(
                        Diagnostic::at_key(&codes::ROUTE_TAKEN, at, message)
                            .also(At::Node(first.clone(), Part::Key), "the first route")
                            .help("give one of them another host or path"),
                    );
                }
                None => {
                    self.taken.insert(key, at.clone());
                }
            }
        }
    }
}

/// HTTPS needs a certificate of the gateway's namespace; HTTP has no use for one.
fn certificate(resolved: &Resolved, listener: &Listener, namespace: &str, at: &Route, sink: &mut Sink) {
    let secure = listener.protocol == ListenerProtocol::Https;
    let Some(name) = &listener.certificate else {
        if secure {
            let message = "an HTTPS listener without a `certificate`";
            let help = "name one of `certificates`, in the gateway's namespace";
            sink.push(Diagnostic::at_key(&MISSING_FIELD, at, message).help(help));
        }
        return;
    };
    let at = at.join("certificate");
    if !secure {
        let message = "plain HTTP has no use for a certificate";
        sink.push(
            Diagnostic::at_value(&crate::model::codes::BAD_VALUE, &at, message)
                .help("write `protocol: HTTPS`, or remove it"),
        );
    }
    of_namespace(resolved, name, namespace, &at, sink);
}

/// A certificate that exists, in the namespace (by its name in the cluster) where its Secret is read.
fn of_namespace(resolved: &Resolved, name: &Name, namespace: &str, at: &Route, sink: &mut Sink) {
    let Some(found) = resolved.stack.certificates.get(name) else {
        let known = resolved.stack.certificates.keys().map(Name::as_str);
        sink.extend(resolved.unknown("certificate", name.as_str(), at, "certificates", known));
        return;
    };
    let its = resolved.namespace_or_only(found.namespace.as_ref());
    if resolved.namespace(&its) != namespace {
        let message = format!("certificate `{name}` is in namespace `{its}`, but is read in `{namespace}`");
        let declared = At::Node(Route::of(&["certificates", name.as_str()]), Part::Key);
        sink.push(
            Diagnostic::at_value(&codes::OTHER_NAMESPACE, at, message)
                .also(declared, "declared here")
                .help(format!("declare a certificate in `{namespace}`")),
        );
    }
}
