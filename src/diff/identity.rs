//! Which object of one side is which of the other.
//!
//! An object is the same by its group, kind, namespace and name; its version may differ. A name that has the content's
//! suffix counts without it: a generated ConfigMap's (its suffix is computed anew from its content, so no other name is
//! taken for one) and that of a Job of stackgen, which is named after its content because a Job cannot change.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::ByteString;
use serde::Deserialize as _;
use serde_json::Value;

use super::object::Item;
use crate::k8s::{hash, labels};

/// An object of both sides, or of one.
#[derive(Debug)]
pub(super) enum Pair {
    /// Only after.
    New(Box<Item>),
    /// Only before.
    Gone(Box<Item>),
    /// On both sides.
    Both(Box<Item>, Box<Item>),
    /// On both sides, under another name.
    Renamed(Box<Item>, Box<Item>),
}

impl Pair {
    /// What was there.
    pub(super) fn before(&self) -> Option<&Item> {
        match self {
            Self::New(_) => None,
            Self::Gone(it) | Self::Both(it, _) | Self::Renamed(it, _) => Some(it),
        }
    }

    /// What would be there.
    pub(super) fn after(&self) -> Option<&Item> {
        match self {
            Self::Gone(_) => None,
            Self::New(it) | Self::Both(_, it) | Self::Renamed(_, it) => Some(it),
        }
    }
}

/// Group, kind, namespace and name.
type Key<'a> = (&'a str, &'a str, Option<&'a str>, &'a str);

fn key(item: &Item) -> Key<'_> {
    let id = &item.id;
    (&id.group, &id.kind, id.namespace.as_deref(), item.base.as_ref().unwrap_or(&id.name))
}

/// Gives the objects of one side the names that count, and what refers to generated ConfigMaps as well, so that only their
/// content is a difference.
pub(super) fn settle(items: &mut [Item]) {
    let renamed = generated(items);
    for item in items.iter_mut() {
        let own = (item.id.namespace.clone().unwrap_or_default(), item.id.name.clone());
        match &*item.id.kind {
            "ConfigMap" if item.base.is_none() => item.base = renamed.get(&own).cloned(),
            "Job" if item.label(labels::MANAGED_BY) == labels::MANAGER => {
                let parts = item.id.name.rsplit_once('-').filter(|(_, it)| hash::is_suffix(it));
                item.base = parts.map(|(base, _)| base.to_owned());
            }
            _ => {}
        }
        if !renamed.is_empty()
            && (item.template_at().is_some() || matches!(&*item.id.kind, "Role" | "ClusterRole"))
        {
            walk(item.settle(), &mut |name| {
                if let Some(base) = renamed.get(&(own.0.clone(), name.clone())) {
                    name.clone_from(base);
                }
            });
        }
        let base = item.base.clone().filter(|it| *it != item.id.name);
        if let Some(base) = base
            && let Some(name) = item.settle().pointer_mut("/metadata/name")
        {
            *name = Value::String(base);
        }
    }
}

/// The names of generated ConfigMaps without their suffix, by namespace and name. Where a cluster keeps older ones of the same
/// base, it is the one that pods read, or the last.
fn generated(items: &[Item]) -> BTreeMap<(String, String), String> {
    let maps: Vec<&Item> = items.iter().filter(|it| it.id.kind == "ConfigMap" && it.base.is_none()).collect();
    if maps.is_empty() {
        return BTreeMap::new();
    }
    let read: BTreeSet<(&str, String)> = items
        .iter()
        .flat_map(|it| config_maps(it).into_iter().map(|name| (it.text("/metadata/namespace"), name)))
        .collect();
    let mut chosen: BTreeMap<(&str, &str), &Item> = BTreeMap::new();
    for item in maps {
        let base = suffix(item).and_then(|it| item.id.name.strip_suffix(&it)?.strip_suffix('-'));
        let Some(base) = base else { continue };
        let namespace = item.text("/metadata/namespace");
        let is_read = |it: &Item| read.contains(&(namespace, it.id.name.clone()));
        match chosen.get(&(namespace, base)) {
            Some(other) if is_read(other) && !is_read(item) => {}
            _ => drop(chosen.insert((namespace, base), item)),
        }
    }
    let own = |((namespace, base), item): ((&str, &str), &Item)| {
        ((namespace.to_owned(), item.id.name.clone()), base.to_owned())
    };
    chosen.into_iter().map(own).collect()
}

/// The suffix that Kustomize would give a ConfigMap of this content.
fn suffix(item: &Item) -> Option<String> {
    let read = |key: &str| item.at(key).cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let data = BTreeMap::<String, String>::deserialize(read("/data")).ok()?;
    let binary = BTreeMap::<String, ByteString>::deserialize(read("/binaryData")).ok()?;
    Some(hash::config_map_suffix(&data, &binary))
}

/// The names of the ConfigMaps that an object's pods read.
pub(super) fn config_maps(item: &Item) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Some(pods) = item.pods() {
        let mut copy = pods.clone();
        walk(&mut copy, &mut |it| {
            names.insert(it.clone());
        });
    }
    names
}

/// Every name of a ConfigMap in pods, and what a role allows by name.
fn walk(value: &mut Value, name: &mut dyn FnMut(&mut String)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("configMap" | "configMapRef" | "configMapKeyRef", Value::Object(map)) => {
                        if let Some(Value::String(it)) = map.get_mut("name") {
                            name(it);
                        }
                    }
                    ("resourceNames", Value::Array(items)) => {
                        for item in items {
                            if let Value::String(it) = item {
                                name(it);
                            }
                        }
                    }
                    (_, value) => walk(value, name),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| walk(it, name)),
        _ => {}
    }
}

/// The objects of both sides, in the order of those after, then those that are gone.
pub(super) fn pairs(before: Vec<Item>, after: Vec<Item>) -> Vec<Pair> {
    let mut old: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (at, item) in before.iter().enumerate() {
        old.entry(key(item)).or_default().push(at);
    }
    // A Job whose name is the same is the same; of several of one base, the last.
    let mut was = Vec::new();
    for item in &after {
        was.push(old.get_mut(&key(item)).filter(|it| !it.is_empty()).map(|known| {
            let same = known.iter().position(|at| before[*at].id.name == item.id.name);
            known.remove(same.unwrap_or(known.len() - 1))
        }));
    }
    let mut before: Vec<Option<Item>> = before.into_iter().map(Some).collect();
    let pair = |(item, was): (Item, Option<usize>)| match was.and_then(|at| before[at].take()) {
        Some(before) => Pair::Both(Box::new(before), Box::new(item)),
        None => Pair::New(Box::new(item)),
    };
    let mut pairs: Vec<Pair> = after.into_iter().zip(was).map(pair).collect();
    pairs.extend(before.into_iter().flatten().map(|it| Pair::Gone(Box::new(it))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::read::stream;

    fn side(text: &str) -> Vec<Item> {
        let mut items = stream("-", text).unwrap();
        settle(&mut items);
        items
    }

    fn titles(before: &str, after: &str) -> Vec<String> {
        let shown = |it: &Pair| match it {
            Pair::New(it) => format!("+ {}", it.title()),
            Pair::Gone(it) => format!("- {}", it.title()),
            Pair::Both(old, new) | Pair::Renamed(old, new) => {
                format!("{} {}", if old.says_what(new) { "=" } else { "~" }, new.title())
            }
        };
        pairs(side(before), side(after)).iter().map(shown).collect()
    }

    fn map(content: &str) -> (String, String) {
        let suffix =
            hash::config_map_suffix(&[("k".to_owned(), content.to_owned())].into(), &BTreeMap::new());
        let name = format!("conf-{suffix}");
        (
            format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}, namespace: x }}\ndata: {{ k: {content} }}\n"
            ),
            name,
        )
    }

    fn pods(map: &str) -> String {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: a, namespace: x }}\n\
             spec: {{ template: {{ spec: {{ volumes: [ {{ name: c, configMap: {{ name: {map} }} }} ] }} }} }}\n"
        )
    }

    #[test]
    fn a_suffix_is_no_difference() {
        let ((old, old_name), (new, new_name)) = (map("one"), map("two"));
        let found = titles(&(old.clone() + &pods(&old_name)), &(new.clone() + &pods(&new_name)));
        assert_eq!(found, ["~ ConfigMap x/conf", "= Deployment x/a"]);
        // A name that only looks like one has no suffix.
        let by_hand = new.replace("two", "three");
        assert_eq!(
            titles(&new, &by_hand),
            [format!("+ ConfigMap x/{new_name}"), "- ConfigMap x/conf".to_owned()]
        );
    }

    #[test]
    fn of_older_config_maps_the_one_that_is_read_counts() {
        let ((old, old_name), (stale, _)) = (map("one"), map("stale"));
        let found = titles(&(old.clone() + &stale + &pods(&old_name)), &(old + &pods(&old_name)));
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[..2], ["= ConfigMap x/conf", "= Deployment x/a"]);
        assert!(found[2].starts_with("- ConfigMap x/conf-"), "{found:?}");
    }

    #[test]
    fn a_job_goes_by_its_name_without_the_suffix() {
        let job = |name: &str, by: &str| {
            format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: {name}, namespace: x, labels: {{ app.kubernetes.io/managed-by: {by} }} }}\n"
            )
        };
        let found = titles(&job("setup-gh2k456789", "stackgen"), &job("setup-mbcdtfgh2k", "stackgen"));
        assert_eq!(found, ["= Job x/setup"]);
        let found = titles(&job("setup-gh2k456789", "helm"), &job("setup-mbcdtfgh2k", "helm"));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn versions_of_a_group_are_one_object_and_groups_are_not() {
        let of = |version: &str| {
            format!("apiVersion: {version}\nkind: Ingress\nmetadata: {{ name: a, namespace: x }}\n")
        };
        assert_eq!(titles(&of("networking.k8s.io/v1beta1"), &of("networking.k8s.io/v1")), ["~ Ingress x/a"]);
        assert_eq!(
            titles(&of("extensions/v1"), &of("networking.k8s.io/v1")),
            ["+ Ingress x/a", "- Ingress x/a"]
        );
    }
}
