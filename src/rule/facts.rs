//! What rules may know, and what several of them ask.

use std::collections::BTreeSet;

use super::Seen;
use crate::diag::Route;
use crate::document::Document;
use crate::k8s::Object;
use crate::model::{AddressBlock, Client, Name, Namespace, Volume};
use crate::resolve::{Component, Resolved};
use crate::stateful::Tier;

/// What rules may know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The stack, names bound.
    pub resolved: &'a Resolved,
    /// The document it was read from.
    pub document: &'a Document,
    /// What components asked for: `secrets/NAME`, `certificates/NAME`, `configs/NAME`. Complete for [`Check::Stack`].
    pub used: &'a BTreeSet<String>,
    /// The objects. Complete for [`Check::Stack`].
    pub seen: &'a Seen,
    /// The addresses that the networks of a Compose project take, as a power of two. Known for [`Check::Stack`].
    pub addresses: u64,
}

impl<'a> Facts<'a> {
    /// The place of an item of what is one or a list of several.
    pub(super) fn item(&self, at: &Route, index: usize) -> Route {
        let list = self.document.find(at).is_some_and(|it| it.as_seq().is_some());
        if list { at.index(index) } else { at.clone() }
    }

    /// The address blocks of externals and clients, each with its place.
    pub(super) fn blocks(&self) -> Vec<(Route, &'a AddressBlock)> {
        let stack = &self.resolved.stack;
        let externals = stack.externals.iter().map(|(name, it)| ("externals", name, &it.cidrs.0));
        let clients = stack.clients.iter().filter_map(|(name, it)| match it {
            Client::Addresses(blocks) => Some(("clients", name, &blocks.0)),
            Client::Pods(_) => None,
        });
        let mut found = Vec::new();
        for (section, name, blocks) in externals.chain(clients) {
            let at = Route::of(&[section, name.as_str(), "cidrs"]);
            found.extend(blocks.iter().enumerate().map(|(index, it)| (self.item(&at, index), it)));
        }
        found
    }

    /// Whether a place is written, and not a default.
    pub(super) fn is_written(&self, at: &Route) -> bool {
        self.document.find(at).is_some()
    }

    /// The namespace that an object goes to, where the stack names it.
    pub(super) fn namespace_of(
        &self,
        component: Option<&'a Component>,
        object: &Object,
    ) -> Option<(&'a Name, &'a Namespace)> {
        let resolved = self.resolved;
        match object.id().namespace {
            Some(name) => resolved.stack.namespaces.iter().find(|(key, _)| resolved.namespace(key) == name),
            None => resolved.stack.namespaces.get_key_value(&component?.namespace),
        }
    }

    /// Where the stack describes a container of a component; the component where somebody else does.
    pub(super) fn container_at(&self, component: &Component, name: &str) -> Route {
        let mut described = self.resolved.containers(component);
        let own = described.find(|it| it.name.as_str() == name);
        own.map_or_else(|| component.route().clone(), |it| it.at())
    }

    /// The storage classes that the stack names, with the places that name them.
    pub(super) fn classes(&self) -> Vec<(Route, Name)> {
        let mut found = Vec::new();
        let class = |at: Route| at.join("storageClass");
        for component in self.resolved.components.values() {
            let at = component.route();
            for stored in self.resolved.tier(component).map(Tier::storages).unwrap_or_default() {
                let at = stored.below.iter().fold(at.clone(), |at, key| at.join(key));
                // A part without a class of its own has the tier's.
                let named = stored.storage.class.filter(|_| self.is_written(&class(at.clone())));
                found.extend(named.map(|it| (class(at), it)));
            }
            let claim = self.resolved.tier(component).and_then(|it| it.backup()?.claim());
            if let Some(named) = claim.and_then(|it| it.class.clone()) {
                found.push((class(at.join("backup").join("to").join("claim")), named));
            }
            for (path, volume) in self.volumes(component) {
                if let Volume::Claim(claim) = volume {
                    let at = at.join("volumes").join(path);
                    found.extend(claim.storage_class.clone().map(|it| (class(at), it)));
                }
            }
        }
        for (name, claim) in &self.resolved.stack.claims {
            let at = Route::of(&["claims", name.as_str()]);
            found.extend(claim.class.clone().map(|it| (class(at), it)));
        }
        found
    }

    /// The volumes of a component's container, by path.
    pub(super) fn volumes(&self, component: &Component) -> impl Iterator<Item = (&'a str, &'a Volume)> {
        let pod = self.resolved.pod(component);
        pod.into_iter().flat_map(|(_, pod)| &pod.volumes).map(|(path, it)| (path.as_str(), it))
    }

    /// The fewest pods that a component runs when it runs any; none where the nodes decide.
    pub(super) fn fewest_pods(&self, component: &Component) -> Option<u32> {
        match self.resolved.service(component) {
            Some(service) => service.fields.scale.working_floor(),
            None => self.resolved.tier(component).map(Tier::replicas),
        }
    }

    /// Where that number is written, if it is.
    pub(super) fn fewest_pods_at(&self, component: &Component) -> Option<Route> {
        let at = component.route();
        let scale = at.join("scale");
        let places =
            [scale.join("hpa").join("min"), scale.join("keda").join("min"), scale, at.join("replicas")];
        places.into_iter().find(|it| self.document.find(it).is_some())
    }
}
