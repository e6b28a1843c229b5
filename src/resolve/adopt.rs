//! What is in the cluster already: how it is called.

use super::{Component, Resolved};
use crate::model::{Adopt, Common, Name, Named};
use crate::stateful::{Tier, pieces};
use crate::workload::Endpoints;

impl Resolved {
    /// What of the cluster a component goes on with. A Compose project finds nothing there.
    #[must_use]
    pub fn adopted(&self, component: &Component) -> Option<&Adopt> {
        self.adopts(self.common(component))
    }

    /// The component that a name in a namespace of the cluster leads to: the one whose Service is called so, else one with another
    /// object of that name.
    #[must_use]
    pub fn known_as(&self, name: &str, namespace: &str) -> Option<&Component> {
        let kept = self.kept.get(name).into_iter().flatten();
        let named = || kept.clone().map(Name::as_str).chain([name]).filter_map(|it| self.components.get(it));
        let here = |it: &&Component| self.namespace(&it.namespace) == namespace;
        let called = |it: &&Component| here(it) && it.service.as_str() == name;
        named().find(called).or_else(|| named().find(here))
    }

    /// The components by the other names that they have in the cluster.
    pub(super) fn find_kept(&self) -> Named<Vec<Name>> {
        let mut found: Named<Vec<Name>> = Named::default();
        for it in self.components.values() {
            let headless = self.adopted(it).and_then(|it| it.headless.as_ref());
            for name in [Some(&it.called), Some(&it.service), headless].into_iter().flatten() {
                if *name != it.name {
                    found.entry(name.clone()).or_default().push(it.name.clone());
                }
            }
        }
        found
    }

    /// What the objects of a component are called, and the Service that leads to it.
    pub(super) fn names(&self, own: &Name, common: &Common) -> (Name, Name) {
        let adopted = self.adopts(common);
        let called = adopted.and_then(|it| it.name.as_ref()).unwrap_or(own);
        let service = adopted.and_then(|it| it.service.as_ref()).unwrap_or(called);
        (called.clone(), service.clone())
    }

    /// The headless Service of the StatefulSet that has a tier's name.
    #[must_use]
    pub fn headless(&self, component: &Component) -> String {
        pieces::headless_of(component.called.as_str(), self.adopted(component))
    }

    /// Where others meet a tier.
    pub(super) fn endpoints_of(&self, name: &Name, tier: &dyn Tier) -> Endpoints {
        let (called, _) = self.names(name, tier.common());
        let mut endpoints = tier.endpoints(called.as_str(), &self.stack.cluster);
        let (standard, kept) = (
            pieces::headless(called.as_str()),
            pieces::headless_of(called.as_str(), self.adopts(tier.common())),
        );
        for seed in &mut endpoints.seeds {
            if seed.headless.as_ref() == Some(&standard) {
                seed.headless = Some(kept.clone());
            }
        }
        endpoints
    }

    fn adopts<'a>(&self, common: &'a Common) -> Option<&'a Adopt> {
        common.adopt.as_deref().filter(|_| !self.is_compose())
    }
}
