//! Where roles and their bindings come from: the `permissions` of components and identities.

use super::Found;
use crate::diag::Route;
use crate::document::Document;
use crate::syntax::Node;

/// The part behind a value of a role or a binding; none for other objects, and where nobody is named like it.
pub(super) fn origin(
    document: &Document,
    object: &Found,
    owner: Option<&Route>,
    words: &[&str],
) -> Option<Route> {
    if !matches!(object.kind.as_str(), "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding") {
        return None;
    }
    let of = owner.cloned().or_else(|| identity(document, object))?;
    let permissions = of.join("permissions");
    let all = document.find(&permissions).and_then(Node::as_map)?;
    let ["rules", index, ..] = words else { return Some(permissions) };
    let rule = object.node.get("rules").and_then(Node::as_seq)?.get(index.parse::<usize>().ok()?)?;
    let alike = |it: &Node| ["resources", "verbs", "apiGroups"].iter().all(|key| same(rule, it, key));
    let own = all.iter().find(|(_, entry)| alike(&entry.value));
    Some(own.map_or(permissions.clone(), |(key, _)| permissions.join(key)))
}

/// The identity that an object without a component is named after; what is in no namespace has the namespace's name before it.
fn identity(document: &Document, object: &Found) -> Option<Route> {
    let name = object.node.get("metadata")?.get("name")?.as_scalar()?.text.clone();
    let all = document.find(&Route::of(&["identities"])).and_then(Node::as_map)?;
    let is = |key: &str| *name == *key || name.strip_suffix(key).is_some_and(|it| it.ends_with('-'));
    // Of two names of which one ends like the other, the longer one is meant.
    let own = all.keys().filter(|it| is(it)).max_by_key(|it| it.len())?;
    Some(Route::of(&["identities", own]))
}

/// Whether a rule and a permission say the same under a key; a group that is not written is the core group.
fn same(rule: &Node, permission: &Node, key: &str) -> bool {
    let texts = |it: &Node| -> Vec<String> {
        let items = it.get(key).and_then(Node::as_seq).unwrap_or_default();
        items.iter().filter_map(Node::as_scalar).map(|it| it.text.to_string()).collect()
    };
    let (own, other) = (texts(rule), texts(permission));
    own == other || key == "apiGroups" && other.is_empty() && own == [""]
}
