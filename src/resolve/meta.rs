//! Names, labels and selectors: the only place that makes them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{Component, Resolved};

/// The metadata of an object of a component (or of the stack), with the recommended labels.
#[must_use]
pub fn metadata(resolved: &Resolved, component: Option<&Component>, name: &str) -> ObjectMeta {
    let stack = resolved.stack.stack.to_string();
    let mut labels = match component {
        Some(component) => resolved.selector(component),
        None => std::collections::BTreeMap::from([("app.kubernetes.io/part-of".to_owned(), stack)]),
    };
    labels.insert("app.kubernetes.io/managed-by".to_owned(), "stackgen".to_owned());
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: component.map(|it| resolved.namespace(&it.namespace).to_owned()),
        labels: Some(labels),
        ..Default::default()
    }
}

/// Selects the pods of a component.
pub(crate) fn selector(resolved: &Resolved, component: &Component) -> LabelSelector {
    LabelSelector { match_labels: Some(resolved.selector(component)), ..Default::default() }
}
