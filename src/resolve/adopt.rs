//! What is in the cluster already: how it is called.

use super::{Component, Resolved};
use crate::model::{Adopt, Common, Name};

impl Resolved {
    /// What of the cluster a component goes on with. A Compose project finds nothing there.
    #[must_use]
    pub fn adopted(&self, component: &Component) -> Option<&Adopt> {
        self.adopts(self.common(component))
    }

    /// What the objects of a component are called, and the Service that leads to it.
    pub(super) fn names(&self, own: &Name, common: &Common) -> (Name, Name) {
        let adopted = self.adopts(common);
        let called = adopted.and_then(|it| it.name.as_ref()).unwrap_or(own);
        let service = adopted.and_then(|it| it.service.as_ref()).unwrap_or(called);
        (called.clone(), service.clone())
    }

    fn adopts<'a>(&self, common: &'a Common) -> Option<&'a Adopt> {
        common.adopt.as_deref().filter(|_| !self.is_compose())
    }
}
