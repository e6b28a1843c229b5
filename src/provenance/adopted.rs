//! Names and labels that are kept of what was in the cluster before.

use super::Found;
use crate::diag::Route;
use crate::document::{COMPONENTS, Document};
use crate::syntax::Node;

/// The part of a component's `adopt` behind a value of one of its objects.
pub(super) fn origin(
    document: &Document,
    object: &Found,
    component: &Route,
    words: &[&str],
) -> Option<Route> {
    let adopt = component.join("adopt");
    document.find(&adopt)?;
    let written = |it: Route| document.find(&it).map(|_| it);
    let label = |key: &str| written(adopt.join("selector").join(key));
    match (object.kind.as_str(), words) {
        ("Service", ["metadata", "name"]) => {
            written(adopt.join("service")).or_else(|| written(adopt.join("name")))
        }
        ("StatefulSet", ["spec", "serviceName"]) => written(adopt.join("headless")),
        ("StatefulSet", ["spec", "podManagementPolicy"]) => written(adopt.join("podManagementPolicy")),
        ("StatefulSet", ["spec", "volumeClaimTemplates", index, "metadata", rest @ ..]) => {
            let claim = claim(document, object, &adopt.join("claims"), index)?;
            written(rest.iter().fold(claim, |at, key| at.join(key)))
        }
        (_, ["metadata", "name"]) => written(adopt.join("name")),
        (_, ["spec", "selector" | "podSelector", rest @ ..]) => match rest {
            [.., key] => label(key).or_else(|| written(adopt.join("selector"))),
            [] => written(adopt.join("selector")),
        },
        (_, ["spec", "template", "metadata", "labels", key]) => {
            label(key).filter(|_| document.find(&component.join("labels").join(key)).is_none())
        }
        _ => None,
    }
}

/// The entry of `claims` of a template, by what it is called.
fn claim(document: &Document, object: &Found, claims: &Route, index: &str) -> Option<Route> {
    let templates = object.node.get("spec")?.get("volumeClaimTemplates")?.as_seq()?;
    let named = templates.get(index.parse::<usize>().ok()?)?.get("metadata")?.get("name")?.as_scalar()?;
    let kept = document.find(claims)?.as_map()?;
    let is = |own: &str, entry: &Node| {
        let name = entry.get("name").and_then(Node::as_scalar).map_or(own, |it| &it.text);
        name == &*named.text
    };
    kept.iter().find(|(own, it)| is(own, &it.value)).map(|(own, _)| claims.join(own))
}

/// The component that keeps these labels.
pub(super) fn keeper(document: &Document, labels: &Node) -> Option<Route> {
    let wanted = labels.as_map()?;
    let keeps = |component: &Node| {
        let own = component.get("adopt").and_then(|it| it.get("selector")?.as_map());
        own.is_some_and(|own| {
            own.len() == wanted.len()
                && own.iter().all(|(key, it)| {
                    let text = |it: &Node| it.as_scalar().map(|it| it.text.clone());
                    wanted.get(key).is_some_and(|other| text(&it.value) == text(&other.value))
                })
        })
    };
    COMPONENTS.iter().find_map(|section| {
        let all = document.root.get(section)?.as_map()?;
        let found = all.iter().find(|(_, it)| keeps(&it.value));
        found.map(|(name, _)| Route::of(&[section, name]))
    })
}
