//! Label selectors, as the API server matches them.

use std::collections::BTreeMap;
use std::fmt::Write;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

/// Whether a selector takes what has these labels. An empty one takes everything.
#[must_use]
pub fn takes(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let equal = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    equal && selector.match_expressions.iter().flatten().all(|it| holds(it, labels))
}

fn holds(it: &LabelSelectorRequirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&it.key);
    let listed = || value.is_some_and(|value| it.values.iter().flatten().any(|one| one == value));
    match it.operator.as_str() {
        "In" => listed(),
        // What lacks the label is not in the list either.
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        // The API server knows no other operator and refuses the object.
        _ => false,
    }
}

/// Whether a selector takes everything.
pub(super) fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.iter().flatten().next().is_none()
        && selector.match_expressions.iter().flatten().next().is_none()
}

/// Labels of something that a selector takes: those that it asks for, and no others.
pub(super) fn witness(selector: &LabelSelector) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = selector.match_labels.clone().unwrap_or_default();
    for it in selector.match_expressions.iter().flatten() {
        let first = it.values.iter().flatten().next();
        match (it.operator.as_str(), first) {
            ("In", Some(value)) => _ = labels.entry(it.key.clone()).or_insert_with(|| value.clone()),
            ("Exists", _) => _ = labels.entry(it.key.clone()).or_default(),
            _ => {}
        }
    }
    labels
}

/// A selector in one line, as `kubectl -l` takes it.
pub(super) fn shown(selector: &LabelSelector) -> String {
    let mut out = String::new();
    let mut add = |text: String| {
        let comma = if out.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(out, "{comma}{text}");
    };
    for (key, value) in selector.match_labels.iter().flatten() {
        add(format!("{key}={value}"));
    }
    for it in selector.match_expressions.iter().flatten() {
        let values = it.values.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(",");
        add(match it.operator.as_str() {
            "In" => format!("{} in ({values})", it.key),
            "NotIn" => format!("{} notin ({values})", it.key),
            "Exists" => it.key.clone(),
            "DoesNotExist" => format!("!{}", it.key),
            other => format!("{} {other} ({values})", it.key),
        });
    }
    out
}
