//! What a mesh narrows further. Of Istio: authorization by identity and port, and mutual TLS; its policies of the root
//! namespace, which hold for the whole mesh, are not among a stack's objects and not known here. Of Linkerd: nothing, and
//! that is said. Sources: istio.io/latest/docs/reference/config, pages "Authorization Policy", "`PeerAuthentication`" and
//! "Resource Annotations".

use std::collections::{BTreeMap, BTreeSet};

use super::pods::Group;
use super::{Ports, Transport};
use crate::k8s::Object;
use crate::k8s::crd::istio::authorization_policy::{Action, AuthorizationPolicy, Operation, Rule, Source};
use crate::k8s::crd::istio::peer_authentication::{MtlsMode, PeerAuthentication};
use crate::k8s::crd::istio::{HBONE, WorkloadSelector};
use crate::k8s::crd::linkerd::INBOUND;

/// What the mesh says of a connection that the network lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Authorization policies, as `NAMESPACE/NAME`, that allow it.
    Allowed(Vec<String>),
    /// It is refused, and why.
    Refused(&'static str),
    /// The objects do not decide it, and why.
    NotChecked(&'static str),
}

/// Who calls, as the mesh sees it.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// Pods of the objects.
    Known(&'a Group),
    /// Pods outside them, of a namespace.
    Stranger(&'a str),
    /// Some pod of the mesh that no policy names.
    Member,
    /// What is no pod.
    Address,
}

/// A call as the mesh has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// On which ports.
    pub ports: Ports,
    /// Whether the network sees it as the mesh's tunnel.
    pub tunnel: bool,
    /// What the mesh says; none where it has no part in it.
    pub verdict: Option<Verdict>,
}

/// The policies of the mesh among some objects.
#[derive(Debug, Default)]
pub struct Mesh<'a> {
    authorization: Vec<&'a AuthorizationPolicy>,
    tls: Vec<&'a PeerAuthentication>,
    /// The namespaces whose pods get Linkerd's proxy.
    linkerd: BTreeSet<&'a str>,
}

impl<'a> Mesh<'a> {
    /// Those among some objects.
    #[must_use]
    pub fn read(objects: &'a [Object]) -> Self {
        let mut found = Self::default();
        for object in objects {
            match object {
                Object::AuthorizationPolicy(it) => found.authorization.push(it),
                Object::PeerAuthentication(it) => found.tls.push(it),
                Object::Namespace(it) => {
                    let annotations = it.metadata.annotations.iter().flatten();
                    let joins =
                        |(key, word): (&String, &String)| key == "linkerd.io/inject" && word != "disabled";
                    let name = it.metadata.name.as_deref().filter(|_| annotations.into_iter().any(joins));
                    found.linkerd.extend(name);
                }
                _ => {}
            }
        }
        found
    }

    /// What calls of a group become on ports that the network lets pass. Inside a tunnel, it is the mesh that tells ports apart: those
    /// that the called containers list and the mesh does not refuse.
    #[must_use]
    pub fn calls(&self, from: Caller<'_>, to: &Group, ports: Ports) -> Vec<Call> {
        // No mesh carries anything but TCP.
        let carried = |it: Option<Transport>| matches!(it, None | Some(Transport::Tcp));
        let one = |ports: Ports, tunnel: bool| {
            let single = ports.first == ports.last && carried(ports.transport);
            let verdict = single.then(|| self.verdict(from, to, ports.first, tunnel)).flatten();
            Call { ports, tunnel, verdict }
        };
        if !self.tunnels(from, to, ports.first) {
            return vec![one(ports, false)];
        }
        let listed = to.pod.ports.iter().filter(|it| carried(Some(it.transport)));
        let inner = listed.map(|it| one(Ports::one(it.number, it.transport), true));
        let decided = |it: &Call| !matches!(it.verdict, Some(Verdict::Refused(_) | Verdict::NotChecked(_)));
        let inner: Vec<Call> = inner.filter(decided).collect();
        if !inner.is_empty() {
            return inner;
        }
        let verdict = Some(Verdict::NotChecked("which ports are called inside the tunnel"));
        vec![Call { ports, tunnel: true, verdict }]
    }

    /// Whether the network sees the calls on a port as the mesh's tunnel alone.
    fn tunnels(&self, from: Caller<'_>, to: &Group, port: u16) -> bool {
        let both = |is: &dyn Fn(&Group) -> bool| match from {
            Caller::Known(it) => is(it) && is(to),
            Caller::Stranger(_) | Caller::Member => is(to),
            Caller::Address => false,
        };
        match port {
            HBONE => both(&is_ambient),
            INBOUND => both(&|it| self.linkerd.contains(it.pod.namespace.as_str())),
            _ => false,
        }
    }

    /// What the mesh says of a call on a port of the container, by the tunnel or not; none where it has no part in it.
    fn verdict(&self, from: Caller<'_>, to: &Group, port: u16, tunnel: bool) -> Option<Verdict> {
        if self.linkerd.contains(to.pod.namespace.as_str()) {
            return Some(Verdict::NotChecked("Linkerd's policies are not looked at"));
        }
        if !is_member(to) || excluded(to, port) {
            return None;
        }
        let from = match from {
            Caller::Known(it) if is_member(it) => Identity::Account(&it.pod.namespace, &it.account),
            // No ServiceAccount is called so.
            Caller::Member => Identity::Account("", ""),
            Caller::Stranger(namespace) if tunnel => Identity::Namespace(namespace),
            // Beside the tunnel of an ambient pod, nobody of the mesh comes.
            Caller::Stranger(namespace) if !is_ambient(to) => Identity::Unknown(namespace),
            Caller::Known(_) | Caller::Stranger(_) | Caller::Address => Identity::None,
        };
        if from == Identity::None && self.is_strict(to) {
            return Some(Verdict::Refused("the caller is outside the mesh, and mutual TLS is STRICT"));
        }
        let about = |it: &&&AuthorizationPolicy| {
            it.metadata.namespace.as_deref() == Some(&to.pod.namespace)
                && (selects(it.spec.selector.as_ref(), to) || !it.spec.target_refs.is_empty())
        };
        let policies: Vec<_> = self.authorization.iter().filter(about).collect();
        let decided =
            |it: &&AuthorizationPolicy| it.spec.action == Action::Audit || it.spec.action == Action::Allow;
        if policies.iter().any(|it| !it.spec.target_refs.is_empty() || !decided(it)) {
            return Some(Verdict::NotChecked("a policy denies, asks another program, or is a waypoint's"));
        }
        let allows: Vec<_> = policies.iter().filter(|it| it.spec.action == Action::Allow).collect();
        if allows.is_empty() {
            return None;
        }
        let (mut by, mut unsure) = (Vec::new(), None);
        for policy in allows {
            let found = policy.spec.rules.iter().map(|it| matches(it, from, port));
            let best = found.fold(Match::No, Match::better);
            match best {
                Match::Yes => by.push(format!(
                    "{}/{}",
                    to.pod.namespace,
                    policy.metadata.name.as_deref().unwrap_or_default()
                )),
                Match::Unsure(why) => unsure = Some(why),
                Match::No => {}
            }
        }
        Some(match (by.is_empty(), unsure) {
            (false, _) => Verdict::Allowed(by),
            (true, Some(why)) => Verdict::NotChecked(why),
            (true, None) => Verdict::Refused("no AuthorizationPolicy allows it"),
        })
    }

    /// Whether callers need a certificate of the mesh. What has settings by port is not said to be strict.
    fn is_strict(&self, to: &Group) -> bool {
        let mut own = self.tls.iter().filter(|it| {
            it.metadata.namespace.as_deref() == Some(&to.pod.namespace)
                && selects(it.spec.selector.as_ref(), to)
        });
        let strict = |it: &&PeerAuthentication| {
            it.spec.port_level_mtls.is_empty() && it.spec.mtls.is_some_and(|it| it.mode == MtlsMode::Strict)
        };
        own.clone().next().is_some() && own.all(strict)
    }
}

fn label<'a>(labels: &'a BTreeMap<String, String>, key: &str) -> Option<&'a str> {
    labels.get(key).map(String::as_str)
}

fn is_ambient(group: &Group) -> bool {
    let mode = |labels| label(labels, "istio.io/dataplane-mode");
    mode(&group.pod.labels).or_else(|| mode(&group.pod.namespace_labels)) == Some("ambient")
}

/// Whether the pods have a proxy, or their node has one for them.
fn is_member(group: &Group) -> bool {
    let own = |key| label(&group.pod.labels, key).or_else(|| label(&group.annotations, key));
    let injected = match own("sidecar.istio.io/inject") {
        Some(word) => word == "true",
        None => {
            label(&group.pod.namespace_labels, "istio-injection") == Some("enabled")
                || group.pod.namespace_labels.contains_key("istio.io/rev")
        }
    };
    injected || is_ambient(group)
}

/// Whether a port goes past the proxy.
fn excluded(group: &Group, port: u16) -> bool {
    let list = label(&group.annotations, "traffic.sidecar.istio.io/excludeInboundPorts").unwrap_or_default();
    list.split(',').any(|it| it.trim().parse() == Ok(port))
}

fn selects(selector: Option<&WorkloadSelector>, group: &Group) -> bool {
    let has = |(key, value): (&String, &String)| group.pod.labels.get(key) == Some(value);
    selector.is_none_or(|it| it.match_labels.iter().all(has))
}

/// Why a caller outside the objects is not decided.
pub const UNKNOWN_ACCOUNT: &str = "the caller's ServiceAccount is not known";

/// Whether a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Yes,
    Unsure(&'static str),
    No,
}

impl Match {
    fn better(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (it @ Self::Unsure(_), _) | (_, it) => it,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (it @ Self::Unsure(_), _) | (_, it) => it,
        }
    }
}

/// Whom the mesh takes a caller for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity<'a> {
    /// A ServiceAccount, by namespace and name.
    Account(&'a str, &'a str),
    /// Some ServiceAccount of a namespace.
    Namespace(&'a str),
    /// Perhaps that, perhaps nobody: whether the caller is in the mesh is not known.
    Unknown(&'a str),
    /// Nobody.
    None,
}

fn matches(rule: &Rule, from: Identity<'_>, port: u16) -> Match {
    let any = |found: &mut dyn Iterator<Item = Match>| found.fold(Match::No, Match::better);
    let source = match rule.from.as_slice() {
        [] => Match::Yes,
        all => any(&mut all.iter().map(|it| of_source(&it.source, from))),
    };
    let operation = match rule.to.as_slice() {
        [] => Match::Yes,
        all => any(&mut all.iter().map(|it| of_operation(&it.operation, port))),
    };
    let when = if rule.when.is_empty() { Match::Yes } else { Match::Unsure("it depends on `when`") };
    source.and(operation).and(when)
}

fn of_operation(it: &Operation, port: u16) -> Match {
    let listed = |list: &[String]| list.iter().any(|it| it.parse() == Ok(port));
    if !it.ports.is_empty() && !listed(&it.ports) || listed(&it.not_ports) {
        return Match::No;
    }
    let plain =
        it.hosts.is_empty() && it.methods.is_empty() && it.paths.is_empty() && it.not_paths.is_empty();
    if plain { Match::Yes } else { Match::Unsure("it depends on the HTTP request") }
}

fn of_source(it: &Source, from: Identity<'_>) -> Match {
    let anybody = ["*".to_owned()];
    let anonymous = it.not_principals == anybody;
    let plain = it.ip_blocks.is_empty() && it.request_principals.is_empty();
    if !plain || !anonymous && !it.not_principals.is_empty() {
        return Match::Unsure("it depends on an address or a token");
    }
    let named = !it.principals.is_empty() || !it.namespaces.is_empty() || !it.not_namespaces.is_empty();
    let (namespace, account) = match from {
        Identity::Account(namespace, account) => (namespace, Some(account)),
        Identity::Namespace(namespace) => (namespace, None),
        Identity::Unknown(namespace) => {
            return of_source(it, Identity::None).better(of_source(it, Identity::Namespace(namespace)));
        }
        // Without an identity, nothing that asks for one matches.
        Identity::None => return if named { Match::No } else { Match::Yes },
    };
    let of = |list: &[String]| list.iter().any(|it| it == namespace || it == "*");
    if anonymous || !it.namespaces.is_empty() && !of(&it.namespaces) || of(&it.not_namespaces) {
        return Match::No;
    }
    if it.principals.is_empty() {
        return Match::Yes;
    }
    // The trust domain is the mesh's own matter.
    let wanted = format!("/ns/{namespace}/sa/{}", account.unwrap_or_default());
    let fits = |it: &String| {
        it == "*" || if account.is_some() { it.ends_with(&wanted) } else { it.contains(&wanted) }
    };
    match (it.principals.iter().any(fits), account) {
        (false, _) => Match::No,
        (true, Some(_)) => Match::Yes,
        (true, None) => Match::Unsure(UNKNOWN_ACCOUNT),
    }
}
