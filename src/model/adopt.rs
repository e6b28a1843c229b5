//! What a component finds in the cluster and takes over.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::macros::{model, words};
use super::{LabelKey, Name, Named};

model! {
    /// Objects that are in the cluster already, made by something else, and that a component goes on with: what Kubernetes never
    /// lets change of them is kept as it is.
    pub struct Adopt {
        /// What its controller is called there, and with it the component's other objects; the component's name unless given. Its
        /// ServiceAccount has a field of its own.
        "name" name: Option<Name>,
        /// The `matchLabels` of the controller that is there, exactly. Its pods get these labels beside those of stackgen, and
        /// Services, budgets and policies select by them, as pods from before have no others.
        "selector" selector: IndexMap<LabelKey, String>,
        /// The Service by which it is called; the name above unless given.
        "service" service: Option<Name>,
        /// The `serviceName` of a tier's StatefulSet: the headless Service of its pods' names; `NAME-headless` unless given.
        "headless" headless: Option<Name>,
        /// The claims of each pod of a tier, by the name that stackgen has for them (`data`), where the StatefulSet has another.
        "claims" claims: Named<AdoptedClaim>,
        /// In which order the StatefulSet of a tier starts its pods; as is best for its engine unless given.
        "podManagementPolicy" pod_management: Option<PodManagement>,
    }

    /// An entry of `spec.volumeClaimTemplates` of a StatefulSet that is there.
    pub struct AdoptedClaim {
        /// Its name, with which those of the claims begin: `NAME-POD`.
        "name" name: Option<Name>,
        /// Its labels.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Its annotations.
        "annotations" annotations: IndexMap<LabelKey, String>,
    }
}

words! {
    /// In which order a StatefulSet starts its pods.
    pub enum PodManagement {
        /// One after the other, each when the one before is ready.
        "OrderedReady" OrderedReady,
        /// All at once.
        "Parallel" Parallel,
    }
}

impl Adopt {
    /// The labels that are kept; none where those of stackgen are.
    #[must_use]
    pub fn labels(&self) -> Option<BTreeMap<String, String>> {
        let own = || self.selector.iter().map(|(key, it)| (key.to_string(), it.clone())).collect();
        (!self.selector.is_empty()).then(own)
    }
}
