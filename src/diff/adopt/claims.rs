//! Which claim template of the cluster is which one of the stack.
//!
//! Their names say nothing: what one calls `data` may be the index of the other. Where the pods mount them does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::diff::object::Item;
use crate::model::Adopt;

/// What the stack is to say of the claims of a StatefulSet.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// What is kept of each, by the name that stackgen has for it.
    pub(super) kept: Map<String, Value>,
    /// Why the templates are not those of the cluster even so.
    pub(super) but: Option<&'static str>,
}

/// Pairs the templates of both sides, and says what each has that is not what stackgen has. `adopt` is what the stack says already.
pub(super) fn claims(old: &Item, new: &Item, adopt: Option<&Adopt>) -> Claims {
    let (was, is) = (templates(old), templates(new));
    let Some(pairs) = pairs(old, new) else {
        let same = was.iter().map(name).eq(is.iter().map(name));
        let but = "which of its claim templates is which of the stack does not show, as no mount path says it: write `claims` by hand";
        return Claims { but: (!same).then_some(but), ..Claims::default() };
    };
    let standard = |shown: &str| {
        let renamed = adopt.map(|it| &it.claims).into_iter().flatten();
        let mut found = renamed.filter(|it| it.1.name.as_ref().is_some_and(|it| it.as_str() == shown));
        found.next().map_or_else(|| shown.to_owned(), |it| it.0.to_string())
    };
    let mut kept = Map::new();
    for (it, at) in is.iter().zip(&pairs) {
        let one = &was[*at];
        let key = standard(name(it));
        let mut claim = Map::new();
        if name(one) != key {
            claim.insert("name".to_owned(), name(one).into());
        }
        for part in ["labels", "annotations"] {
            let said = one.pointer(&format!("/metadata/{part}")).and_then(Value::as_object);
            if let Some(said) = said.filter(|it| !it.is_empty()) {
                claim.insert(part.to_owned(), said.clone().into());
            }
        }
        if !claim.is_empty() {
            kept.insert(key, claim.into());
        }
    }
    let but = "the API server compares claim templates in their order, which is another one here, so the StatefulSet cannot be kept";
    Claims { kept, but: (!pairs.is_sorted()).then_some(but) }
}

/// For each template of the new side, the place of the old one that is the same; none where that is not certain of all.
fn pairs(old: &Item, new: &Item) -> Option<Vec<usize>> {
    let (was, is) = (templates(old), templates(new));
    if was.len() != is.len() {
        return None;
    }
    if was.len() <= 1 {
        return Some((0..was.len()).collect());
    }
    let (here, there) = (mounts(old), mounts(new));
    let mut taken = BTreeSet::new();
    is.iter()
        .map(|it| {
            let paths = there.get(name(it))?;
            let meets = |one: &Value| here.get(name(one)).is_some_and(|it| !it.is_disjoint(paths));
            let mut same = was.iter().enumerate().filter(|(_, it)| meets(it));
            let (at, _) = same.next()?;
            (same.next().is_none() && taken.insert(at)).then_some(at)
        })
        .collect()
}

fn templates(item: &Item) -> &[Value] {
    item.at("/spec/volumeClaimTemplates").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn name(template: &Value) -> &str {
    template.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// Where the containers of a pod mount each of its volumes.
fn mounts(item: &Item) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let list = |at: &str| item.pods().and_then(|it| it.pointer(at)?.as_array());
    let containers = ["/spec/initContainers", "/spec/containers"].into_iter().filter_map(list).flatten();
    for mount in containers.filter_map(|it| it.get("volumeMounts")?.as_array()).flatten() {
        let text = |key: &str| mount.get(key).and_then(Value::as_str);
        if let (Some(name), Some(path)) = (text("name"), text("mountPath")) {
            found.entry(name).or_default().insert(path.trim_end_matches('/'));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::item;

    /// A StatefulSet with claim templates, each mounted at a path; at none where that is empty.
    fn set(of: &[(&str, &str)]) -> Item {
        let mounts: Vec<Value> = of
            .iter()
            .filter(|it| !it.1.is_empty())
            .map(|(name, path)| json!({ "name": name, "mountPath": path }))
            .collect();
        let templates: Vec<Value> = of.iter().map(|it| json!({ "metadata": { "name": it.0 } })).collect();
        let pods = json!({ "spec": { "containers": [{ "name": "c", "volumeMounts": mounts }] } });
        item("StatefulSet", json!({ "spec": { "template": pods, "volumeClaimTemplates": templates } }))
    }

    fn kept(old: &[(&str, &str)], new: &[(&str, &str)]) -> (Value, bool) {
        let Claims { kept, but } = claims(&set(old), &set(new), None);
        (kept.into(), but.is_some())
    }

    #[test]
    fn templates_are_paired_by_where_they_are_mounted() {
        let new = [("volume-0", "/index"), ("data", "/srv/files")];
        let swapped = json!({ "volume-0": { "name": "data" }, "data": { "name": "srv" } });
        assert_eq!(kept(&[("data", "/index/"), ("srv", "/srv/files")], &new), (swapped.clone(), false));
        assert_eq!(
            kept(&[("srv", "/srv/files"), ("data", "/index")], &new),
            (swapped, true),
            "another order"
        );
        assert_eq!(
            kept(&[("pgdata", "/x")], &[("data", "/y")]),
            (json!({ "data": { "name": "pgdata" } }), false)
        );
    }

    #[test]
    fn what_no_path_tells_apart_is_not_guessed() {
        let new = [("volume-0", "/index"), ("data", "/srv/files")];
        for old in [
            &[("srv", ""), ("index", "")][..],
            &[("data", ""), ("index", "")],
            &[("srv", "/srv/files")],
            &[("srv", "/srv/files"), ("index", "/elsewhere")],
        ] {
            assert_eq!(kept(old, &new), (json!({}), true), "{old:?}");
        }
    }
}
