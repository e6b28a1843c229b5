//! Names, labels and selectors: the only place that makes them.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{Component, Resolved};
use crate::k8s::labels::{COMPONENT, MANAGED_BY, MANAGER, NAME, PART_OF};
use crate::model::Adopt;
use crate::workload::Workload;

/// The labels that selectors and ownership go by.
pub(crate) const RESERVED: [&str; 3] = [MANAGED_BY, NAME, PART_OF];

impl Resolved {
    /// Labels that select a component's pods: all, or those of one part. Where it goes on with a controller that is in the
    /// cluster they are those that this selects by, because pods from before have no others.
    #[must_use]
    pub fn selector(&self, component: &Component, part: Option<&str>) -> BTreeMap<String, String> {
        if let Some(kept) = self.adopted(component).and_then(Adopt::labels) {
            return kept;
        }
        let operated = self.tier(component).and_then(|it| it.operator_labels(component.name.as_str()));
        let mut labels = operated.unwrap_or_else(|| self.identity(component));
        labels.extend(part.map(|it| (COMPONENT.to_owned(), it.to_owned())));
        labels
    }

    /// Whose an object is.
    fn identity(&self, component: &Component) -> BTreeMap<String, String> {
        // Insertion costs half of what collecting, which sorts, does; and every object has these.
        let mut labels = BTreeMap::new();
        for (key, it) in [(NAME, &component.name), (PART_OF, &self.stack.stack)] {
            labels.insert(key.to_owned(), it.as_str().to_owned());
        }
        labels
    }

    /// The recommended labels of an object of a component, or of the stack.
    pub(crate) fn labels(&self, component: Option<&Component>) -> BTreeMap<String, String> {
        let mut labels = match component {
            Some(component) => self.identity(component),
            None => BTreeMap::from([(PART_OF.to_owned(), self.stack.stack.to_string())]),
        };
        labels.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
        labels
    }
}

/// The metadata of an object of a component (or of the stack), with the recommended labels.
#[must_use]
pub fn metadata(resolved: &Resolved, component: Option<&Component>, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: component.map(|it| resolved.namespace(&it.namespace).to_owned()),
        labels: Some(resolved.labels(component)),
        ..Default::default()
    }
}

/// Selects the pods of a workload.
pub(crate) fn pods(resolved: &Resolved, component: &Component, workload: &Workload) -> LabelSelector {
    let mut labels = resolved.selector(component, workload.part);
    labels.extend(workload.pod.identity.clone());
    LabelSelector { match_labels: Some(labels), ..Default::default() }
}

/// Selects all pods of a component.
pub(crate) fn selector(resolved: &Resolved, component: &Component) -> LabelSelector {
    LabelSelector { match_labels: Some(resolved.selector(component, None)), ..Default::default() }
}
