//! Placement intents.

use indexmap::IndexMap;

use super::decode::OneOrMany;
use super::macros::{model, words};
use super::{LabelKey, Name};
use crate::k8s::labels;

words! {
    /// A failure domain.
    pub enum Domain {
        /// One node (`kubernetes.io/hostname`).
        "hostname" Hostname,
        /// One zone (`topology.kubernetes.io/zone`).
        "zone" Zone,
    }
}

impl Domain {
    /// The node label.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Hostname => labels::HOSTNAME,
            Self::Zone => labels::ZONE,
        }
    }
}

model! {
    /// Where pods may run, and how they stand to each other.
    pub struct Affinity {
        /// Node labels that are required: one value or several that will do.
        "nodes" nodes: IndexMap<LabelKey, OneOrMany<String>>,
        /// Domains over which the pods of one component spread evenly, as well as can be.
        "spread" spread: OneOrMany<Domain>,
        /// The domain that two pods of one component never share.
        "separate" separate: Option<Domain>,
        /// Taints that the pods tolerate, by key; the value is the taint's value, or nothing for any.
        "tolerations" tolerations: IndexMap<LabelKey, String>,
        /// The PriorityClass of the pods.
        "priorityClass" priority_class: Option<Name>,
    }
}
