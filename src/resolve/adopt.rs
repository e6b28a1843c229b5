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

    /// The component that a name in the cluster leads to: its own, or that of objects which it goes on with.
    #[must_use]
    pub fn known_as(&self, name: &str) -> Option<&Component> {
        self.components.get(name).or_else(|| self.components.get(self.kept.get(name)?))
    }

    /// The components by the other names that they have in the cluster.
    pub(super) fn find_kept(&self) -> Named<Name> {
        let mut found = Named::default();
        for it in self.components.values() {
            let headless = self.adopted(it).and_then(|it| it.headless.as_ref());
            for name in [Some(&it.called), Some(&it.service), headless].into_iter().flatten() {
                if *name != it.name {
                    found.insert(name.clone(), it.name.clone());
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
