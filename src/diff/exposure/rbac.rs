//! What the API server allows whom: the rules of roles through their bindings (kubernetes.io/docs/reference/access-authn-authz/rbac).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Class, Look, Place, Side, Subject, items, text, texts};
use crate::diff::object::Item;

/// The kinds, with their group.
pub(super) const KINDS: [&str; 4] = [
    "rbac.authorization.k8s.io/ClusterRole",
    "rbac.authorization.k8s.io/ClusterRoleBinding",
    "rbac.authorization.k8s.io/Role",
    "rbac.authorization.k8s.io/RoleBinding",
];

/// The role that allows everything, which every cluster has.
const ADMIN: &str = "ClusterRole cluster-admin";

/// One thing that somebody may do; `*` is everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    /// In which namespace; none: in all, and outside them.
    pub(super) namespace: Option<String>,
    pub(super) verb: String,
    pub(super) on: On,
}

/// On what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// A resource of a group, all of them or one by name.
    Resource { group: String, resource: String, name: Option<String> },
    /// A path of the API server that is no resource.
    Url(String),
    /// What a role that is not among the objects allows, by its kind and name.
    Role(String),
}

/// Who may do what, and which role and binding say so.
pub(super) struct Granted<'a> {
    pub(super) who: String,
    pub(super) grant: Grant,
    role: Option<Place<'a>>,
    binding: Subject<'a>,
}

impl Grant {
    /// Whether whoever has this has another one, too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let word = |own: &str, other: &str| own == "*" || own == other;
        let there = self.namespace.is_none() || self.namespace == other.namespace;
        there
            && word(&self.verb, &other.verb)
            && match (&self.on, &other.on) {
                (
                    On::Resource { group, resource, name },
                    On::Resource { group: its_group, resource: its_resource, name: its_name },
                ) => {
                    let part = |it: &str| it.split_once('/').map(|(_, part)| part.to_owned());
                    // `*/scale` is that part of every resource.
                    let parts = resource.starts_with("*/") && part(resource) == part(its_resource);
                    word(group, its_group)
                        && (word(resource, its_resource) || parts)
                        && (name.is_none() || name == its_name)
                }
                (On::Url(own), On::Url(its)) => match own.strip_suffix('*') {
                    Some(start) => its.starts_with(start),
                    None => own == its,
                },
                // What is built in and named so is everything.
                (On::Role(own), _) if own == ADMIN => true,
                (On::Role(own), On::Role(its)) => own == its,
                _ => false,
            }
    }
}

/// What is granted on a side.
pub(super) fn granted<'a>(look: &Look<'a>, side: Side) -> Vec<Granted<'a>> {
    let mut roles: BTreeMap<(&str, &str, &str), Subject<'a>> = BTreeMap::new();
    for subject in look.of(&[KINDS[0], KINDS[2]]) {
        if let Some(item) = subject.on(side) {
            roles.insert(
                (&item.id.kind, item.text("/metadata/namespace"), item.text("/metadata/name")),
                subject,
            );
        }
    }
    let mut found = Vec::new();
    for binding in look.of(&[KINDS[1], KINDS[3]]) {
        let Some(item) = binding.on(side) else { continue };
        let own = item.text("/metadata/namespace");
        let namespace = (item.id.kind == "RoleBinding").then(|| own.to_owned());
        let (kind, name) = (item.text("/roleRef/kind"), item.text("/roleRef/name"));
        let place = if kind == "Role" { own } else { "" };
        let role = roles.get(&(kind, place, name)).copied();
        let known = role.and_then(|it| Some((it, it.on(side)?)));
        let grants: Vec<(Grant, Option<Place<'a>>)> = if let Some((role, item)) = known {
            rules(item.value(), namespace.as_ref(), role)
        } else {
            let on = On::Role(format!("{kind} {name}"));
            vec![(Grant { namespace: namespace.clone(), verb: "*".to_owned(), on }, None)]
        };
        for subject in items(item.value(), "subjects") {
            let who = who(subject, own);
            for (grant, role) in &grants {
                found.push(Granted { who: who.clone(), grant: grant.clone(), role: role.clone(), binding });
            }
        }
    }
    found
}

/// `ServiceAccount shop/cart`; of the binding's namespace where it says none.
fn who(subject: &Value, own: &str) -> String {
    let (kind, name) = (text(subject, "kind"), text(subject, "name"));
    if kind != "ServiceAccount" {
        return format!("{kind} {name}");
    }
    let namespace = if text(subject, "namespace").is_empty() { own } else { text(subject, "namespace") };
    format!("{kind} {namespace}/{name}")
}

fn rules<'a>(
    value: &Value,
    namespace: Option<&String>,
    role: Subject<'a>,
) -> Vec<(Grant, Option<Place<'a>>)> {
    let mut found = Vec::new();
    for (index, rule) in items(value, "rules").iter().enumerate() {
        let place = Place::new(role, &["rules"]).item(index);
        let names: Vec<Option<String>> = match texts(rule, "resourceNames") {
            names if names.is_empty() => vec![None],
            names => names.iter().map(|it| Some((*it).to_owned())).collect(),
        };
        let mut on: Vec<On> = Vec::new();
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                on.extend(names.iter().map(|name| On::Resource {
                    group: group.to_owned(),
                    resource: resource.to_owned(),
                    name: name.clone(),
                }));
            }
        }
        // Paths are given by bindings for the whole cluster alone.
        if namespace.is_none() {
            on.extend(texts(rule, "nonResourceURLs").into_iter().map(|it| On::Url(it.to_owned())));
        }
        for verb in texts(rule, "verbs") {
            let grant =
                |on: &On| Grant { namespace: namespace.cloned(), verb: verb.to_owned(), on: on.clone() };
            found.extend(on.iter().map(|on| (grant(on), Some(place.clone()))));
        }
    }
    found
}

/// What one side alone grants somebody on one kind of thing: the verbs and names, and the first that says so.
struct Alone<'g, 'a> {
    verbs: BTreeSet<&'g str>,
    names: BTreeSet<&'g str>,
    first: &'g Granted<'a>,
}

pub(super) fn find(look: &mut Look<'_>) {
    if look.of(&KINDS).iter().all(|it| it.alike) || look.lacks(Class::Rbac, &KINDS) {
        return;
    }
    let sides = Side::BOTH.map(|side| granted(look, side));
    for (side, own, other) in [(Side::After, &sides[1], &sides[0]), (Side::Before, &sides[0], &sides[1])] {
        let mut known: BTreeMap<&str, Vec<&Grant>> = BTreeMap::new();
        for it in other {
            known.entry(&it.who).or_default().push(&it.grant);
        }
        let mut alone: BTreeMap<(&str, Option<&str>, String), Alone<'_, '_>> = BTreeMap::new();
        for it in own {
            let has =
                known.get(it.who.as_str()).is_some_and(|all| all.iter().any(|one| one.covers(&it.grant)));
            if has {
                continue;
            }
            let key = (it.who.as_str(), it.grant.namespace.as_deref(), kind(&it.grant.on));
            let entry = alone.entry(key).or_insert_with(|| Alone {
                verbs: BTreeSet::new(),
                names: BTreeSet::new(),
                first: it,
            });
            entry.verbs.insert(&it.grant.verb);
            if let On::Resource { name: Some(name), .. } = &it.grant.on {
                entry.names.insert(name);
            }
        }
        for ((who, namespace, kind), Alone { verbs, names, first }) in alone {
            let verbs: Vec<&str> =
                if verbs.contains("*") { vec!["do everything with"] } else { verbs.into_iter().collect() };
            let names = match names.len() {
                0 => String::new(),
                _ => format!(" {}", names.into_iter().collect::<Vec<_>>().join(", ")),
            };
            let place = namespace.map_or_else(|| "in every namespace".to_owned(), |it| format!("in {it}"));
            let what = match &first.grant.on {
                On::Role(role) => format!("do what {role} says {place}"),
                On::Url(_) => format!("{} {kind}", verbs.join(", ")),
                On::Resource { .. } => format!("{} {kind}{names} {place}", verbs.join(", ")),
            };
            let (place, reason) = reason(first);
            look.push(Class::Rbac, side, (who.to_owned(), what), &place, reason);
        }
    }
}

/// `secrets`, `deployments.apps`, a path.
fn kind(on: &On) -> String {
    match on {
        On::Resource { group, resource, name } => {
            let all = if resource == "*" { "every resource" } else { resource };
            let of = match group.as_str() {
                "" => String::new(),
                "*" if resource == "*" => String::new(),
                "*" => " of every group".to_owned(),
                group => format!(".{group}"),
            };
            // Whether names are said tells entries apart.
            format!("{all}{of}{}", if name.is_some() { " named" } else { "" })
        }
        On::Url(url) => url.clone(),
        On::Role(role) => role.clone(),
    }
}

/// What makes the difference: the binding if it did not stay as it was, else the role's rule.
fn reason<'a>(granted: &Granted<'a>) -> (Place<'a>, String) {
    let binding = granted.binding;
    let title = |it: Subject<'_>| it.any().map(Item::title).unwrap_or_default();
    match &granted.role {
        Some(role) if binding.alike => {
            (role.clone(), format!("a rule of the role, bound by {}", title(binding)))
        }
        role => {
            let what = role.as_ref().map_or_else(
                || "it binds a role that is not among the objects".to_owned(),
                |it| format!("it binds {}", title(it.subject)),
            );
            (Place::new(binding, &["roleRef"]), what)
        }
    }
}

impl Grant {
    /// Whether it lets secrets be read, all of them or those of [`name`](Self::name).
    pub(super) fn reads_secrets(&self) -> bool {
        let reads = matches!(self.verb.as_str(), "get" | "list" | "watch" | "*");
        reads
            && match &self.on {
                On::Resource { group, resource, .. } => {
                    matches!(resource.as_str(), "secrets" | "*") && matches!(group.as_str(), "" | "*")
                }
                On::Role(role) => role == ADMIN,
                On::Url(_) => false,
            }
    }

    /// The one object that it is about; none: all.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.on {
            On::Resource { name, .. } => name.as_deref(),
            On::Url(_) | On::Role(_) => None,
        }
    }
}

impl<'a> Granted<'a> {
    /// Where it is said.
    pub(super) fn place(&self) -> (Place<'a>, String) {
        reason(self)
    }
}
