//! Second versions of services: who they belong to, and who reaches them.

use super::{Component, Edge, Guest, Resolved, Target, codes};
use crate::diag::{At, Diagnostic, Part, Sink};
use crate::model::{Colour, Expose, IstioMode, Mesh, Name, Rollout, Weights};
use crate::workload::Endpoint;

impl Resolved {
    /// The service that a component is the second version of.
    #[must_use]
    pub fn base(&self, component: &Component) -> Option<&Component> {
        self.components.get(component.base.as_ref()?)
    }

    /// The second version of a component: its canary, or its colour `green`.
    #[must_use]
    pub fn variant(&self, component: &Component) -> Option<&Component> {
        self.components.get(component.variant.as_ref()?)
    }

    /// How the pods of a service are replaced, where it says so.
    #[must_use]
    pub fn rollout(&self, component: &Component) -> Option<&Rollout> {
        self.service(component)?.fields.rollout.as_ref()
    }

    /// The canary of a component with the shares of both, where the repository steps through it.
    #[must_use]
    pub fn canary(&self, component: &Component) -> Option<(&Component, &Weights)> {
        let variant = self.variant(component)?;
        Some((variant, &self.rollout(component)?.weighted()?.weights))
    }

    /// The component whose pods are asked under a component's name: itself, unless another colour is active.
    #[must_use]
    pub fn active<'a>(&'a self, component: &'a Component) -> &'a Component {
        let variant = component.variant.as_ref().and_then(|_| {
            let colours = self.rollout(component)?.coloured()?;
            self.variant(component).filter(|_| colours.active == Colour::Green)
        });
        variant.unwrap_or(component)
    }

    /// Who reaches a component from outside the cluster: those who reach the service that it is a version of.
    #[must_use]
    pub fn exposure(&self, component: &Component) -> Option<&Expose> {
        let own = |it| self.service(it).and_then(|it| it.fields.expose.as_ref());
        own(component).or_else(|| own(self.base(component)?))
    }

    /// Whether Argo Rollouts runs a service's pods.
    #[must_use]
    pub fn is_stepped(&self, component: &Component) -> bool {
        self.rollout(component).is_some_and(|it| it.stepped().is_some() || it.promoted().is_some())
    }

    /// How requests to a component are shared out among the Services of its versions, where they are. Argo Rollouts changes
    /// the shares later; between two rollouts the old version has everything.
    #[must_use]
    pub fn split(&self, component: &Component) -> Option<Split> {
        if self.rollout(component)?.stepped().is_some() {
            let expose = self.service(component).and_then(|it| it.fields.expose.as_ref());
            let routed = matches!(expose, Some(Expose::Http(_) | Expose::Grpc(_)));
            let split = routed || self.split_ports(component).next().is_some();
            return split.then(|| Split {
                service: format!("{}-canary", component.name),
                stable: 100,
                canary: 0,
            });
        }
        let (canary, weights) = self.canary(component)?;
        Some(Split { service: canary.service.to_string(), stable: weights.stable, canary: weights.canary })
    }

    /// Whether the proxies of any callers share their requests out, and on which ports.
    pub fn split_ports<'a>(&'a self, component: &'a Component) -> impl Iterator<Item = &'a Endpoint> {
        let called = component.used_by.iter().filter_map(|it| self.components.get(&self.edges[*it].from));
        let by_callers = called.map(|it| &it.namespace).any(|it| self.is_split_for(component, it));
        let pods = |it: &Guest| self.stack.clients[&it.client].pods().is_some_and(|it| it.mesh);
        // Guests have no namespace here; that their pods are in the mesh is said of them.
        let by_guests =
            component.guests.iter().any(pods) && self.is_split_for(component, &component.namespace);
        let any = by_callers || by_guests;
        component.endpoints.ports.iter().filter(move |it| any && speaks_http(it))
    }

    /// Whether the proxies of callers in a namespace share their requests out among the versions of a component: those of
    /// Istio beside the pods. Those of its ambient mode see connections alone (istio.io/latest/docs/ambient/usage/waypoint).
    #[must_use]
    pub fn is_split_for(&self, component: &Component, from: &Name) -> bool {
        let sidecars = matches!(&self.stack.mesh, Some(Mesh::Istio(it)) if it.mode == IstioMode::Sidecar);
        sidecars && self.mesh_of(&component.namespace).is_some() && self.mesh_of(from).is_some()
    }
}

impl Component {
    /// The Service that leads to the new pods before Argo Rollouts lets them have the requests.
    #[must_use]
    pub fn preview_service(&self) -> String {
        format!("{}-preview", self.name)
    }
}

/// Shares of the requests to a component, in percent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The Service of the new version; that of the old one is the component's.
    pub service: String,
    /// What the old version gets.
    pub stable: u32,
    /// What the new version gets.
    pub canary: u32,
}

/// Whether a proxy of Istio sees single requests on a port: by what its Service says, else by the port's name
/// (istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection).
fn speaks_http(port: &Endpoint) -> bool {
    let protocol = port.app_protocol.as_deref().unwrap_or_else(|| {
        let name = port.name.as_str();
        if name.starts_with("grpc-web") { name } else { name.split('-').next().unwrap_or(name) }
    });
    matches!(protocol, "http" | "http2" | "grpc" | "grpc-web" | "kubernetes.io/h2c")
}

/// The edge to the second version of what an edge leads to, where requests get there.
pub(super) fn also(resolved: &Resolved, edge: &Edge) -> Option<Edge> {
    let Target::Component(to) = &edge.to else { return None };
    let to = resolved.components.get(to)?;
    let variant = resolved.variant(to)?;
    let from = resolved.components.get(&edge.from)?;
    let reaches = resolved.canary(to).is_none() || resolved.is_split_for(to, &from.namespace);
    reaches.then(|| Edge { to: Target::Component(variant.name.clone()), ..edge.clone() })
}

/// Reports second versions whose names are taken.
pub(super) fn check(resolved: &Resolved, component: &Component, sink: &mut Sink) {
    let Some(rollout) = resolved.rollout(component).filter(|_| component.variant.is_none()) else { return };
    let at = component.route().join("rollout");
    let (at, suffix) = if rollout.weighted().is_some() {
        (at.join("canary"), "canary")
    } else if rollout.coloured().is_some() {
        (at.join("blue-green").join("green"), "green")
    } else {
        return;
    };
    let name = format!("{}-{suffix}", component.name);
    let other = resolved.components.values().find(|it| it.name.as_str() == name);
    let mut found = Diagnostic::at_key(
        &codes::NAME_TAKEN,
        &at,
        format!("this is the service `{name}`, and there is another one"),
    );
    if let Some(other) = other {
        found = found.also(At::Node(other.route().clone(), Part::Key), "the other is declared here");
    }
    sink.push(found.help("rename the other one"));
}
