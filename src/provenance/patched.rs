//! Which patches set a value, and where an object stands that the stack has as it is.

use serde_json::Value;

use super::origin::{namespace, owner, text_below};
use super::{Found, Step, item_name};
use crate::diag::{Route, Span};
use crate::document::Document;
use crate::k8s::{merge_keys, schema};
use crate::lower::folder;
use crate::syntax::{Kind, Node, scalar};

/// The places of patches that set a value, or what holds it, the last one first.
pub(super) fn origins(document: &Document, object: &Found, steps: &[Step]) -> Vec<Route> {
    let patches = document.root.get("patches").and_then(Node::as_map).into_iter().flatten();
    let fitting =
        patches.filter(|(_, it)| it.value.get("target").is_some_and(|it| fits(document, object, it)));
    let mut found: Vec<Route> = fitting
        .flat_map(|(name, it)| {
            let at = Route::of(&["patches", name]);
            let merged = it.value.get("merge").and_then(|it| merged(object, it, &at.join("merge"), steps));
            let json = it.value.get("json").and_then(Node::as_seq).unwrap_or_default().iter().enumerate();
            let at = at.join("json");
            let stepped = json.filter_map(move |(index, it)| stepped(object, it, &at.index(index), steps));
            merged.into_iter().chain(stepped).collect::<Vec<_>>()
        })
        .collect();
    found.reverse();
    found
}

fn fits(document: &Document, object: &Found, target: &Node) -> bool {
    let text = |key: &str| target.get(key).and_then(Node::as_scalar).map(|it| it.text.to_string());
    let own = |path: &[&str]| text_below(object, path);
    let labels = target.get("labels").and_then(Node::as_map).into_iter().flatten();
    text("kind").is_none_or(|it| it == object.kind)
        && text("name").is_none_or(|it| own(&["metadata", "name"]) == Some(it))
        && text("namespace").is_none_or(|it| {
            let here = own(&["metadata", "namespace"]).unwrap_or_default();
            namespace(document, &here) == Route::of(&["namespaces", &it])
        })
        && text("component").is_none_or(|it| {
            owner(document, object).is_some_and(|own| own.steps().last().is_some_and(|own| own == it))
        })
        && labels.into_iter().all(|(key, it)| {
            own(&["metadata", "labels", key]) == it.value.as_scalar().map(|it| it.text.to_string())
        })
}

/// The place of a merge that has a value; none where it says nothing of it.
fn merged(object: &Found, merge: &Node, at: &Route, steps: &[Step]) -> Option<Route> {
    let (mut here, mut patch, mut at, mut list) = (&object.node, merge, at.clone(), "");
    let version = text_below(object, &["apiVersion"]).unwrap_or_default();
    let keys = |list: &str| merge_keys::keys(schema::group(&version), &object.kind, list);
    for step in steps {
        match step {
            Step::Key(key) => {
                (here, patch, at, list) = (here.get(key)?, patch.get(key)?, at.join(key), key.as_str());
            }
            Step::Item(name) => {
                let (index, item) = item(here, name)?;
                let same = |it: &Node| match keys(list) {
                    Some(keys) => keys.iter().all(|key| same(item, it, key)),
                    None => false,
                };
                let items = patch.as_seq()?;
                // A list without keys is the patch's own.
                let index = items
                    .iter()
                    .position(same)
                    .or_else(|| keys(list).is_none().then_some(index).filter(|it| *it < items.len()))?;
                (here, patch, at) = (item, &items[index], at.index(index));
            }
        }
    }
    Some(at)
}

/// Whether two items have the same under a key, where the second has it.
fn same(item: &Node, patch: &Node, key: &str) -> bool {
    let value = |it: &Node| {
        let found = key.split('/').skip(1).try_fold(it, |it, step| it.get(step))?;
        found.as_scalar().map(scalar::value)
    };
    let (item, patch): (Option<Value>, Option<Value>) = (value(item), value(patch));
    patch.is_none() || item == patch
}

/// The place of a step that put a value, or what holds it, into the object.
fn stepped(object: &Found, step: &Node, at: &Route, steps: &[Step]) -> Option<Route> {
    let text = |key: &str| step.get(key).and_then(Node::as_scalar).map(|it| it.text.to_string());
    let (op, path) = (text("op")?, text("path")?);
    let (mut here, mut rest) = (&object.node, steps);
    for pointer in path.split('/').skip(1).map(|it| it.replace("~1", "/").replace("~0", "~")) {
        let (first, below) = rest.split_first()?;
        match first {
            Step::Key(key) if *key == pointer => here = here.get(key)?,
            Step::Item(name) => {
                let (index, item) = item(here, name)?;
                let last = here.as_seq().is_some_and(|it| it.len() == index + 1);
                if pointer != index.to_string() && !(pointer == "-" && last) {
                    return None;
                }
                here = item;
            }
            Step::Key(_) => return None,
        }
        rest = below;
    }
    match op.as_str() {
        "add" | "replace" => Some(rest.iter().fold(at.join("value"), |at, step| match step {
            Step::Key(it) | Step::Item(it) => at.join(it),
        })),
        "copy" | "move" => Some(at.join("path")),
        _ => None,
    }
}

/// An item of a list by what it is called, with its index.
fn item<'n>(list: &'n Node, name: &str) -> Option<(usize, &'n Node)> {
    let text = |it: &Node, key: &str| Some(it.get(key)?.as_scalar()?.text.to_string());
    let mut items = list.as_seq()?.iter().enumerate();
    items.find(|(index, it)| item_name(|key| text(it, key), *index) == name)
}

/// Where a value of an object stands that the stack has as it is; none for objects that are made.
pub(super) fn manifest(document: &Document, object: &Found, steps: &[Step]) -> Option<Span> {
    if object.folder != folder::MANIFESTS {
        return None;
    }
    let (_, node) = document.manifests.iter().find(|(id, _)| *id == object.id)?;
    let (mut at, mut here) = (node.as_map()?.values().next()?.key, node);
    for step in steps {
        let next = match step {
            Step::Key(key) => here.as_map().and_then(|it| it.get(key.as_str())).map(|it| (it.key, &it.value)),
            Step::Item(name) => item(here, name).map(|(_, it)| (it.span, it)),
        };
        let Some(next) = next else { break };
        (at, here) = next;
    }
    Some(if matches!(here.kind, Kind::Scalar(_)) { here.span } else { at })
}
