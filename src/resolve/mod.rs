//! The stack of one environment with names bound: namespaces, components, edges.

mod address;
mod adopt;
mod bind;
mod binding;
mod claim;
mod client;
pub mod codes;
mod collected;
mod delivery;
mod described;
mod edge;
mod file;
mod form;
mod job;
pub(crate) mod meta;
mod order;
mod peers;
mod permission;
mod platform;
mod reference;
mod route;
mod scaler;
mod secret;
mod telemetry;
mod variant;

use indexmap::{IndexMap, IndexSet};

pub use bind::{Binder, NATIVE_SIDECARS, SLEEP_ACTION};
pub use client::Guest;
pub use collected::Collected;
pub use described::{Described, Volumes};
pub use edge::{Edge, Target};
pub use job::{Delivery, Hook, Phase};
pub use meta::metadata;
pub use permission::Granted;
pub use route::{Entry, GatewayPlace};
pub use scaler::Watched;
pub use telemetry::Telemetry;
pub use variant::Split;

use crate::diag::{At, Diagnostic, Part, Route, Sink, and_list, is_slip_of_name, nearest};
use crate::document::{COMPONENTS, Removed};
use crate::model::{
    Common, Membership, Mesh, MeshCertificates, Moment, MutualTls, Name, Named, Platform, Protocol, Service,
    Store,
};
use crate::stack::Stack;
use crate::stateful::{Engine, Tier};
use crate::syntax::{Hasher, Node};
use crate::workload::{Endpoint, Endpoints};

/// A stack of one environment, names bound.
#[derive(Debug)]
pub struct Resolved {
    /// The stack as typed.
    pub stack: Stack,
    /// The environment's name.
    pub environment: String,
    /// What it compiles to.
    pub platform: Platform,
    /// The parameters' values, for templates.
    pub parameters: IndexMap<String, String>,
    /// The versions, for templates.
    pub versions: IndexMap<String, String>,
    /// Components by name, services first, then tiers and jobs, in the order written.
    pub components: Named<Component>,
    /// Who calls whom.
    pub edges: Vec<Edge>,
    /// What KEDA looks at, by the service that it scales, in the order written.
    pub watched: Named<Vec<Watched>>,
    /// Who takes telemetry.
    pub telemetry: Option<Telemetry>,
    /// The components by the other names that they have in the cluster.
    kept: Named<Vec<Name>>,
    /// What the environment takes out of the stack.
    removed: Removed,
    /// The document: a name of it that could not be decoded is reported as that, not as missing.
    written: Node,
}

/// Which section a component stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `services`.
    Services,
    /// `stateful`.
    Stateful,
    /// `jobs`.
    Jobs,
}

impl Section {
    /// The key in the stack.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Stateful => "stateful",
            Self::Jobs => "jobs",
        }
    }
}

/// A service, tier or job with its names.
#[derive(Debug)]
pub struct Component {
    /// Its name.
    pub name: Name,
    /// Its section.
    pub section: Section,
    /// Its namespace, by its name in the stack.
    pub namespace: Name,
    /// What its objects are called: its name, unless it goes on with objects of another.
    pub called: Name,
    /// The Service that leads to it.
    pub service: Name,
    /// Its ServiceAccount.
    pub service_account: String,
    /// Where others find it.
    pub endpoints: Endpoints,
    /// Who comes in from outside.
    pub entries: Vec<Entry>,
    /// The edges that begin here, as indices of [`Resolved::edges`].
    pub uses: Vec<usize>,
    /// The edges that end here.
    pub used_by: Vec<usize>,
    /// The jobs that run before its pods start in a new version.
    pub waits_for: Vec<Name>,
    /// When it is applied.
    pub phase: Phase,
    /// Who outside the stack it lets in.
    pub guests: Vec<Guest>,
    /// The service that it is the second version of.
    base: Option<Name>,
    /// Its second version.
    variant: Option<Name>,
    /// Whether it is the first of its namespace with its ServiceAccount, which then comes with it.
    pub brings_account: bool,
    route: Route,
    /// Its index in its section of the stack as typed.
    index: usize,
}

impl Component {
    /// Its place in the document.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Whether it runs in two versions.
    #[must_use]
    pub fn has_variant(&self) -> bool {
        self.variant.is_some()
    }

    /// Whether it is the second version of a service, which goes when that runs in one again.
    #[must_use]
    pub fn is_variant(&self) -> bool {
        self.base.is_some()
    }
}

impl Resolved {
    /// Binds names; reports those that name nothing.
    pub fn new(stack: Stack, document: &crate::document::Document, sink: &mut Sink) -> Self {
        let platform = platform::of(document);
        let mut resolved = Self {
            stack: platform::without_the_other(stack, platform),
            environment: document.environment.clone(),
            platform,
            parameters: document.parameters.clone(),
            versions: document.versions.clone(),
            components: Named::default(),
            edges: Vec::new(),
            watched: Named::default(),
            telemetry: None,
            kept: Named::default(),
            removed: document.removed.clone(),
            written: document.root.clone(),
        };
        resolved.check_names(sink);
        resolved.components = resolved.find_components(sink);
        resolved.kept = resolved.find_kept();
        for (variant, base) in document.variants.all() {
            let named = |name: &str| resolved.components.get_key_value(name).map(|(name, _)| name.clone());
            let Some((variant, base)) = named(variant).zip(named(base)) else { continue };
            if let Some(it) = resolved.components.get_mut(&variant) {
                it.base = Some(base.clone());
            }
            if let Some(it) = resolved.components.get_mut(&base) {
                it.variant = Some(variant);
            }
        }
        job::connect(&mut resolved, sink);
        for component in resolved.components.values() {
            form::check(&resolved, component, sink);
            variant::check(&resolved, component, sink);
            peers::check(&resolved, component, sink);
        }
        permission::check(&resolved, sink);
        resolved.telemetry = telemetry::connect(&resolved, sink);
        edge::connect(&mut resolved, sink);
        collected::check(&resolved, sink);
        job::order(&mut resolved);
        client::connect(&mut resolved, sink);
        route::connect(&mut resolved, sink);
        scaler::connect(&mut resolved, sink);
        platform::check(&resolved, sink);
        resolved
    }

    /// What tells this rendering of the stack from others: the instance's name, or the environment's.
    #[must_use]
    pub fn instance(&self) -> &str {
        self.stack.instance.as_ref().map_or(&self.environment, |it| it.name.as_str())
    }

    /// The name in the cluster of a namespace of the stack.
    #[must_use]
    pub fn namespace(&self, key: &Name) -> &str {
        match self.stack.namespaces.get_key_value(key) {
            Some((key, namespace)) => namespace.name.as_ref().unwrap_or(key).as_str(),
            None => "default",
        }
    }

    /// Whether and how proxies of the mesh stand before the pods of a namespace.
    #[must_use]
    pub fn mesh_of(&self, key: &Name) -> Option<MutualTls> {
        let mtls = self.stack.mesh.as_ref()?.mtls()?;
        match &self.stack.namespaces.get(key)?.mesh {
            Membership::Outside => None,
            Membership::Member(member) => Some(member.mtls.unwrap_or(mtls)),
        }
    }

    /// The certificates of the mesh, where a component gets one: its containers are described here, and are to have it.
    #[must_use]
    pub fn certified(&self, component: &Component) -> Option<&MeshCertificates> {
        let Some(Mesh::Certificates(mesh)) = &self.stack.mesh else { return None };
        let namespace = self.stack.namespaces.get(&component.namespace)?;
        let listed = self.base(component).unwrap_or(component);
        let wanted = mesh.only.0.is_empty() || mesh.only.0.contains(&listed.name);
        let member = matches!(namespace.mesh, Membership::Member(_));
        (wanted && member && self.pod(component).is_some()).then_some(mesh)
    }

    /// What every component has.
    #[must_use]
    pub fn common(&self, component: &Component) -> &Common {
        match component.section {
            Section::Services => &self.stack.services[component.index].common,
            Section::Stateful => self.stack.stateful[component.index].0.common(),
            Section::Jobs => &self.stack.jobs[component.index].common,
        }
    }

    /// The folder of the tree that holds a component's objects.
    #[must_use]
    pub fn folder<'a>(&'a self, component: &'a Component) -> &'a Name {
        self.common(component).folder.as_ref().unwrap_or(&component.name)
    }

    /// The service behind a component, if it is one.
    #[must_use]
    pub fn service(&self, component: &Component) -> Option<&Service> {
        (component.section == Section::Services).then(|| &self.stack.services[component.index])
    }

    /// The tier behind a component, if it is one.
    #[must_use]
    pub fn tier(&self, component: &Component) -> Option<&dyn Tier> {
        (component.section == Section::Stateful).then(|| &*self.stack.stateful[component.index].0)
    }

    /// The engine of a component that is a tier.
    #[must_use]
    pub fn engine(&self, component: &Component) -> Option<&'static dyn Engine> {
        (component.section == Section::Stateful).then(|| self.stack.stateful[component.index].1)
    }

    /// The DNS name of a component's Service as seen from a namespace.
    #[must_use]
    pub fn host(&self, component: &Component, seen_from: &Name) -> String {
        self.service_host(component.service.as_str(), &component.namespace, Some(seen_from))
    }

    /// The DNS name of a Service as seen from a namespace; from nowhere, the name that holds everywhere.
    fn service_host(&self, service: &str, namespace: &Name, seen_from: Option<&Name>) -> String {
        if seen_from == Some(namespace) || self.is_compose() {
            return service.to_owned();
        }
        format!("{service}.{}.svc.{}", self.namespace(namespace), self.stack.cluster.domain)
    }

    /// The namespace that an entry names, or the only one of the stack; reports neither.
    fn namespace_of(&self, named: Option<&Name>, at: &Route, sink: &mut Sink) -> Name {
        let known = || self.stack.namespaces.keys();
        match named {
            Some(name) if self.stack.namespaces.contains_key(name) => name.clone(),
            Some(name) => {
                sink.extend(self.unknown(
                    "namespace",
                    name.as_str(),
                    &at.join("namespace"),
                    "namespaces",
                    known().map(Name::as_str),
                ));
                name.clone()
            }
            None if self.stack.namespaces.len() == 1 => self.stack.namespaces.keys()[0].clone(),
            None => {
                let message = if self.stack.namespaces.is_empty() {
                    "the stack declares no namespace".to_owned()
                } else {
                    format!("`namespace` is missing; the stack has {}", and_list(known().map(Name::as_str)))
                };
                sink.push(
                    Diagnostic::at_key(&codes::UNKNOWN_NAME, at, message)
                        .help("add `namespace`, here or in a profile"),
                );
                Name::parse("default").expect("a literal DNS label")
            }
        }
    }

    /// Whether the document has a name, even one that could not be decoded.
    pub(crate) fn is_written(&self, section: &str, name: &str) -> bool {
        self.written.get(section).is_some_and(|it| it.get(name).is_some())
    }

    /// A name that names nothing, with the nearest and its place.
    pub(crate) fn unknown<'n>(
        &self,
        what: &str,
        name: &str,
        at: &Route,
        section: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> Option<Diagnostic> {
        if self.is_written(section, name) {
            return None;
        }
        if let Some(found) = self.removed(section, name, at) {
            return Some(found);
        }
        let found = Diagnostic::at_value(&codes::UNKNOWN_NAME, at, format!("there is no {what} `{name}`"));
        Some(match nearest(name, known.clone()) {
            Some(near) => {
                let place = At::Node(Route::of(&[section, near]), Part::Key);
                meant(found.also(place, "a similar name is declared here"), name, near, at, known)
            }
            None => found.help(format!("declare it under `{section}`")),
        })
    }

    /// A name that no component has. None where one of that name is written and could not be read, which is told already.
    pub(crate) fn unknown_component(&self, name: &Name, at: &Route) -> Option<Diagnostic> {
        let all = || self.components.keys().map(Name::as_str);
        let near = nearest(name.as_str(), all()).and_then(|it| self.components.get(it));
        let of = |section| self.unknown("component", name.as_str(), at, section, all());
        let found: Vec<Diagnostic> = COMPONENTS.map(of).into_iter().collect::<Option<_>>()?;
        // What the environment removes is told in its own words.
        let removed = found.into_iter().find(|it| it.code.id == codes::REMOVED_IN_USE.id);
        removed.or_else(|| of(near.map_or("services", |it| it.section.as_str())))
    }

    /// A name of something that the environment removes. Those of one removal become one finding.
    fn removed(&self, section: &str, name: &str, at: &Route) -> Option<Diagnostic> {
        let place = self.removed.place(section, Some(name)).filter(|_| !self.is_written(section, name))?;
        let unbound = self.removed.is_unbound(section, name);
        let message = if unbound {
            format!(
                "`{name}` is left out, because nothing is bound to it or uses it, and still named in this environment"
            )
        } else {
            format!("`{name}` is removed here, and still named in this environment")
        };
        let found = Diagnostic::at_span(&codes::REMOVED_IN_USE, place, message)
            .also(At::Node(at.clone(), Part::Value), "named here")
            .note("nothing would answer there, and no path would lead to it");
        Some(found.help(match section {
            _ if unbound => "add it to `uses`, or bind a role to it; where it is meant for one kind of target, say it there: `whenBound: { ROLE: { KIND: … } }`".to_owned(),
            "services" | "stateful" | "jobs" | "externals" => format!(
                "remove what names it as well: `uses: {{ {name}: null }}`, and `NAME: null` for a variable or file"
            ),
            _ => "remove what names it as well, by `null` in the same environment".to_owned(),
        }))
    }

    fn find_components(&self, sink: &mut Sink) -> Named<Component> {
        let mut found = Named::<Component>::default();
        // Those that an operator makes are brought by nobody here.
        let mut accounts: IndexSet<(Name, String), Hasher> = IndexSet::default();
        for (name, tier) in &self.stack.stateful {
            let made = tier.0.operator_objects(name.as_str()).into_iter();
            let namespace = self.namespace_or_only(tier.0.common().namespace.as_ref());
            accounts.extend(
                made.filter(|(kind, _)| *kind == "ServiceAccount").map(|(_, it)| (namespace.clone(), it)),
            );
        }
        let services = self.stack.services.iter().enumerate().map(|(index, (name, it))| {
            let endpoints = self.on_platform(service_endpoints(it));
            (index, name, Section::Services, &it.common, endpoints)
        });
        let tiers = self.stack.stateful.iter().enumerate().map(|(index, (name, it))| {
            (index, name, Section::Stateful, it.0.common(), self.tier_endpoints(name, &*it.0))
        });
        // Those on a schedule first: what hooks bring is deleted before each of them.
        let jobs = |scheduled: bool| {
            let all = self.stack.jobs.iter().enumerate();
            let some =
                all.filter(move |(_, (_, it))| matches!(it.fields.run, Moment::Scheduled(_)) == scheduled);
            some.map(|(index, (name, it))| (index, name, Section::Jobs, &it.common, Endpoints::default()))
        };
        for (index, name, section, common, endpoints) in
            services.chain(tiers).chain(jobs(true)).chain(jobs(false))
        {
            let at = Route::of(&[section.as_str(), name.as_str()]);
            if let Some(first) = found.get(name) {
                let kind = |it: Section| match it {
                    Section::Services => "a service",
                    Section::Stateful => "a stateful tier",
                    Section::Jobs => "a job",
                };
                let message = format!("`{name}` is both {} and {}", kind(first.section), kind(section));
                sink.push(
                    Diagnostic::at_key(&codes::NAME_TAKEN, &at, message)
                        .also(At::Node(first.route().clone(), Part::Key), "the other is declared here")
                        .help("`uses` names components by name alone: rename one"),
                );
                continue;
            }
            let namespace = self.namespace_of(common.namespace.as_ref(), &at, sink);
            if let Some(affinity) = &common.affinity
                && !self.stack.affinity.contains_key(affinity)
            {
                let known = self.stack.affinity.keys().map(Name::as_str);
                sink.extend(self.unknown(
                    "affinity",
                    affinity.as_str(),
                    &at.join("affinity"),
                    "affinity",
                    known,
                ));
            }
            let account = common.service_account.as_ref().unwrap_or(name);
            let (called, service) = self.names(name, common);
            let brings_account = accounts.insert((namespace.clone(), account.to_string()));
            found.insert(
                name.clone(),
                Component {
                    name: name.clone(),
                    section,
                    namespace,
                    called,
                    service,
                    service_account: account.to_string(),
                    endpoints,
                    entries: Vec::new(),
                    uses: Vec::new(),
                    used_by: Vec::new(),
                    waits_for: Vec::new(),
                    phase: Phase::Base,
                    guests: Vec::new(),
                    base: None,
                    variant: None,
                    brings_account,
                    route: at,
                    index,
                },
            );
        }
        found
    }

    /// Names in sections other than components.
    fn check_names(&self, sink: &mut Sink) {
        secret::check(self, sink);
        delivery::check(self, sink);
        claim::check(self, sink);
        for (name, certificate) in &self.stack.certificates {
            self.namespace_of(
                certificate.namespace.as_ref(),
                &Route::of(&["certificates", name.as_str()]),
                sink,
            );
        }
        for (name, config) in &self.stack.configs {
            self.namespace_of(config.namespace.as_ref(), &Route::of(&["configs", name.as_str()]), sink);
        }
    }

    /// The namespace of an entry that names one or none; checked before.
    ///
    /// # Panics
    /// Never: the fallback is a literal DNS label.
    #[must_use]
    pub fn namespace_or_only(&self, named: Option<&Name>) -> Name {
        named
            .cloned()
            .or_else(|| self.stack.namespaces.keys().next().cloned())
            .unwrap_or_else(|| Name::parse("default").expect("a literal DNS label"))
    }

    /// The secret a name stands for, and the namespace and keys it has: of `secrets` or `certificates`.
    #[must_use]
    pub fn secret(&self, name: &Name) -> Option<(Name, Vec<&str>, Option<&Store>)> {
        if let Some(secret) = self.stack.secrets.get(name) {
            let keys = secret.keys.0.keys().map(crate::model::FileKey::as_str).collect();
            // In a Compose project no store delivers: whoever runs it does.
            let store = self.stack.stores.get(&secret.from).filter(|_| !self.is_compose());
            return Some((self.namespace_or_only(secret.namespace.as_ref()), keys, store));
        }
        let certificate = self.stack.certificates.get(name)?;
        Some((
            self.namespace_or_only(certificate.namespace.as_ref()),
            vec!["tls.crt", "tls.key", "ca.crt"],
            None,
        ))
    }
}

/// Adds the name that was likely meant at a value; with the edit, where it is beyond doubt.
fn meant<'n>(
    found: Diagnostic,
    name: &str,
    near: &str,
    at: &Route,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    if is_slip_of_name(name, near, known) {
        found.write(near, At::Node(at.clone(), Part::Value), Some(name))
    } else {
        found.help(format!("write `{near}`"))
    }
}

fn service_endpoints(service: &Service) -> Endpoints {
    let ports = service.pod.ports(&service.container).map(|(name, port)| Endpoint {
        name: name.clone(),
        number: port.number.get(),
        service: port.service.get(),
        protocol: port.protocol,
        app_protocol: port.app_protocol.clone(),
    });
    let ports: Vec<Endpoint> = ports.collect();
    let (mut peers, mut peers_udp) = (Vec::new(), Vec::new());
    if let Some(own) = &service.fields.peers {
        peers.extend(own.gossip(Protocol::Tcp));
        peers_udp.extend(own.gossip(Protocol::Udp));
        for port in ports.iter().filter(|it| own.calls.0.contains(&it.name)) {
            match port.protocol {
                Protocol::Tcp => peers.push(port.number),
                Protocol::Udp => peers_udp.push(port.number),
            }
        }
    }
    let scheme = ports.first().filter(|it| it.protocol == Protocol::Tcp).map(|it| match it.name.as_str() {
        "https" => "https",
        "grpc" => "grpc",
        _ => "http",
    });
    Endpoints { ports, scheme, peers, peers_udp, ..Endpoints::default() }
}
