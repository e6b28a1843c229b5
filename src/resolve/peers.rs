//! What a service says of its own pods must fit its ports and its containers.

use super::codes::{NAME_TAKEN, PEERS_WITHOUT_KEY};
use super::{Component, Edge, Resolved, Target};
use crate::diag::{At, Diagnostic, Part, Sink};
use crate::model::codes::{BAD_VALUE, NOT_ONE_OF};
use crate::model::{FileSource, KeySource, Name, Peers, Protocol, SecretKey, Value};
use crate::workload::{Endpoint, Endpoints};

impl Resolved {
    /// What a component says of its own pods.
    #[must_use]
    pub fn peers(&self, component: &Component) -> Option<&Peers> {
        self.service(component)?.fields.peers.as_deref()
    }

    /// The port of `${peers.port}`: that of gossip, else the first that the pods call each other on.
    #[must_use]
    pub(super) fn peer_port(&self, component: &Component) -> Option<u16> {
        let peers = self.peers(component)?;
        let called = || {
            let first = peers.calls.0.first()?;
            self.ports(component).find(|(name, _)| *name == first).map(|(_, it)| it.number.get())
        };
        peers.port.map(crate::model::PortNumber::get).or_else(called)
    }
}

/// Both versions of a service are one membership: the path of a component to the pods of its other version.
pub(super) fn to_the_other_version(resolved: &Resolved, component: &Component) -> Option<Edge> {
    resolved.peers(component)?;
    let other = resolved.base(component).or_else(|| resolved.variant(component))?;
    let port = |name: &str, number: u16, protocol| {
        let name = Name::parse(name).expect("a literal name of a port");
        Endpoint { name, number, service: number, protocol, app_protocol: None }
    };
    let Endpoints { peers, peers_udp, .. } = &other.endpoints;
    let tcp = peers.iter().map(|it| port(Peers::TCP, *it, Protocol::Tcp));
    let ports = tcp.chain(peers_udp.iter().map(|it| port(Peers::UDP, *it, Protocol::Udp))).collect();
    let (from, to) = (component.name.clone(), Target::Component(other.name.clone()));
    Some(Edge { from, to, ports, awaited: false, at: component.route().join("peers") })
}

/// Reports what does not fit.
pub(super) fn check(resolved: &Resolved, component: &Component, sink: &mut Sink) {
    let Some(peers) = resolved.peers(component) else { return };
    let at = component.route().join("peers");
    if peers.port.is_none() && peers.calls.0.is_empty() {
        let message = "the pods have no port on which they meet";
        sink.push(
            Diagnostic::at_key(&NOT_ONE_OF, &at, message)
                .help("give `port`, that of their gossip, or `calls`, ports of the component by name"),
        );
    }
    for name in &peers.calls.0 {
        if !resolved.ports(component).any(|(it, _)| it == name) {
            sink.extend(resolved.unknown_port(component, name.as_str(), &at.join("calls")));
        }
    }
    let own = [Protocol::Tcp, Protocol::Udp].map(|it| (it, peers.gossip(it)));
    for (name, port) in resolved.ports(component) {
        let place = component.route().join("ports").join(name.as_str());
        if own.contains(&(port.protocol, Some(port.number.get()))) {
            let message = format!("port {} is also `{name}`, which others call", port.number);
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at.join("port"), message)
                    .also(At::Node(place.clone(), Part::Value), "declared here")
                    .note("the port of gossip is for the pods of the service alone")
                    .help(format!("remove `{name}` from `ports`; or write `calls: [{name}]` where pods call each other where others do")),
            );
        }
        if peers.port.is_some() && [Peers::TCP, Peers::UDP].contains(&name.as_str()) {
            let message = format!("the port of the pods among themselves is named `{name}`, too");
            sink.push(
                Diagnostic::at_key(&NAME_TAKEN, &place, message)
                    .also(At::Node(at.clone(), Part::Key), "the other port")
                    .help("rename it, or remove it where both are the same"),
            );
        }
    }
    if let Some(secret) = &peers.secret
        && resolved.secret(&secret.secret).is_some()
        && !takes(resolved, component, secret)
    {
        let message = format!("no container of `{}` takes this key", component.name);
        sink.push(
            Diagnostic::at_key(&PEERS_WITHOUT_KEY, &at.join("secret"), message)
                .note("nothing proves to a pod who its peers are")
                .help(format!(
                    "give it to the program: `env: {{ NAME: {{ secret: {}, key: {} }} }}`, or under `files`",
                    secret.secret, secret.key
                )),
        );
    }
}

/// Whether a container of a component gets a key of a secret.
fn takes(resolved: &Resolved, component: &Component, wanted: &SecretKey) -> bool {
    let whole = |name: &Name| *name == wanted.secret;
    resolved.containers(component).any(|one| {
        let container = one.container;
        let variable =
            |it: &Value| matches!(it, Value::Secret(name, key) if whole(name) && *key == wanted.key);
        let file = |it: &FileSource| match it {
            FileSource::Secret { name, key, .. } => {
                whole(name) && key.as_ref().is_none_or(|it| *it == wanted.key)
            }
            _ => false,
        };
        container.env.values().any(variable)
            || container.files.values().any(file)
            || container
                .env_from
                .iter()
                .any(|it| matches!(&it.source, KeySource::Secret(name) if whole(name)))
    })
}
