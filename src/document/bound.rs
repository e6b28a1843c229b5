//! What components have because of the kind of what a role of theirs is bound to, and components that are there only where
//! another one calls them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::shape::COMPONENT;
use super::{COMPONENTS, Removed, codes};
use crate::diag::{Diagnostic, Sink};
use crate::syntax::{Kind, Map, Node, Plain, merge, settle};

/// The kinds of everything that a role may be bound to.
pub(super) struct Kinds(BTreeMap<Arc<str>, Arc<str>>);

impl Kinds {
    /// Those of a stack: of a tier its kind, of others what they are.
    pub(super) fn of(root: &Node) -> Self {
        let mut found = BTreeMap::new();
        let sections = ["profiles", "services", "stateful"];
        let all = sections.iter().filter_map(|it| root.get(it)?.as_map()).flat_map(Map::values);
        if !all.into_iter().any(|it| it.value.get("whenBound").is_some()) {
            return Self(found);
        }
        for (section, word) in [("services", "service"), ("stateful", ""), ("externals", "external")] {
            for (name, entry) in root.get(section).and_then(Node::as_map).into_iter().flatten() {
                let own = || entry.value.get("kind").and_then(Node::as_scalar).map(|it| Arc::clone(&it.text));
                let kind = if word.is_empty() { own() } else { Some(Arc::from(word)) };
                found.extend(kind.map(|it| (Arc::clone(name), it)));
            }
        }
        Self(found)
    }
}

/// The targets of a component's roles. `text` puts early references into a target.
fn targets<'a>(
    component: &'a Node,
    text: &'a dyn Fn(&Node) -> Option<Arc<str>>,
) -> impl Iterator<Item = (&'a Arc<str>, Arc<str>)> {
    let roles = component.get("bind").and_then(Node::as_map).into_iter().flatten();
    roles.filter_map(move |(role, entry)| {
        let whole = text(&entry.value)?;
        let target = whole.split(':').next().map_or_else(|| Arc::clone(&whole), Arc::from);
        Some((role, target))
    })
}

/// What a component has beside what it says: for each role, what `whenBound` has for the kind of its target. What it has for
/// other kinds goes to `gone`.
pub(super) fn forms(
    component: &Node,
    kinds: &Kinds,
    gone: &mut Vec<Node>,
    text: &dyn Fn(&Node) -> Option<Arc<str>>,
) -> Vec<Node> {
    let Some(all) = component.get("whenBound").and_then(Node::as_map) else { return Vec::new() };
    let bound: BTreeMap<_, _> = targets(component, text).collect();
    let mut found = Vec::new();
    for (role, forms) in all {
        let kind = bound.get(role).and_then(|it| kinds.0.get(it));
        for (word, form) in forms.value.as_map().into_iter().flatten() {
            if kind == Some(word) {
                found.extend(form.value.as_map().is_some().then(|| form.value.clone()));
            } else {
                gone.push(form.value.clone());
            }
        }
    }
    found
}

/// Layers over each other, the first at the bottom.
pub(super) fn layered(base: Option<Node>, forms: Vec<Node>, component: &Node) -> Node {
    let under = base.into_iter().chain(forms).reduce(|under, it| merge(&under, &it, &COMPONENT));
    under.map_or_else(|| component.clone(), |it| merge(&it, component, &COMPONENT))
}

/// Drops the nulls of `whenBound`, which remove what is below the component and not what is here.
pub(super) fn settle_forms(component: &mut Node, plain: &Plain) {
    if let Kind::Map(fields) = &mut component.kind
        && fields.contains_key("whenBound")
        && let Some(entry) = Arc::make_mut(fields).get_mut("whenBound")
    {
        settle(&mut entry.value, plain, &mut |_, _| {});
    }
}

/// Whom a component says that it uses.
fn used(component: &Node) -> Vec<Arc<str>> {
    let name = |text: &Arc<str>| text.split(':').next().map_or_else(|| Arc::clone(text), Arc::from);
    match component.get("uses").map(|it| &it.kind) {
        Some(Kind::Seq(items)) => {
            items.iter().filter_map(|it| it.as_scalar().map(|it| name(&it.text))).collect()
        }
        Some(Kind::Map(map)) => {
            map.iter().filter(|(_, it)| !it.value.is_null()).map(|(it, _)| Arc::clone(it)).collect()
        }
        _ => Vec::new(),
    }
}

/// Takes out the components that are there only where another one calls them, and says so.
pub(super) fn leave_out(
    sections: &mut Map,
    removed: &mut Removed,
    gone: &mut Vec<Node>,
    text: &dyn Fn(&Node) -> Option<Arc<str>>,
    sink: &mut Sink,
) {
    let only = |it: &Node| it.get("onDemand").and_then(Node::as_scalar).is_some_and(|it| &*it.text == "true");
    let any = sections.iter().filter(|(section, _)| COMPONENTS.contains(&&***section));
    if !any.clone().flat_map(|(_, it)| it.value.as_map().into_iter().flatten()).any(|(_, it)| only(&it.value))
    {
        return;
    }
    // What is left out calls nobody, so that more may follow.
    loop {
        let components = || {
            let held = COMPONENTS.iter().filter_map(|it| Some((*it, sections.get(*it)?.value.as_map()?)));
            held.flat_map(|(section, all)| all.iter().map(move |(name, it)| (section, name, it)))
        };
        let mut named: BTreeSet<Arc<str>> = BTreeSet::new();
        for (_, name, it) in components() {
            let called = targets(&it.value, text).map(|it| it.1).chain(used(&it.value));
            named.extend(called.filter(|it| it != name));
        }
        let idle: Vec<_> = components()
            .filter(|(_, name, it)| only(&it.value) && !named.contains(*name))
            .map(|(section, name, _)| (section, Arc::clone(name)))
            .collect();
        if idle.is_empty() {
            return;
        }
        for (section, name) in idle {
            let Some(Kind::Map(all)) = sections.get_mut(section).map(|it| &mut it.value.kind) else {
                continue;
            };
            let Some(entry) = Arc::make_mut(all).shift_remove(&name) else { continue };
            let at = entry.value.as_map().and_then(|it| it.get("onDemand")).map_or(entry.key, |it| it.key);
            removed.leave_out(section, &name, at);
            gone.push(entry.value);
            sink.push(
                Diagnostic::at_span(&codes::LEFT_OUT, at, format!("`{name}` is left out: nothing is bound to it, and nothing uses it"))
                    .note("binding a role elsewhere moves no data. Where the environment ran with it, its objects go with the next sync; claims of a StatefulSet stay, an operator may delete those of its own")
                    .help("nothing, where the environment never had it; else make a backup before this is applied"),
            );
        }
    }
}

/// Takes out the secrets that only what is `gone` took, and those that have the same value in another namespace.
pub(super) fn leave_out_secrets(sections: &mut Map, removed: &mut Removed, gone: &[Node]) {
    if gone.is_empty() {
        return;
    }
    let mut asked = BTreeSet::new();
    for it in gone {
        secrets_of(it, &mut asked);
    }
    let mut live = BTreeSet::new();
    for (section, entry) in sections.iter() {
        match (&**section, entry.value.as_map()) {
            ("secrets" | "profiles" | "environments" | "accept" | "acknowledge", _) => {}
            (section, Some(all)) if COMPONENTS.contains(&section) => {
                let fields = all.values().flat_map(|it| it.value.as_map().into_iter().flatten());
                let own = fields.filter(|(key, _)| &***key != "whenBound");
                own.for_each(|(key, it)| secrets_under(key, &it.value, &mut live));
            }
            _ => secrets_of(&entry.value, &mut live),
        }
    }
    let Some(Kind::Map(secrets)) = sections.get_mut("secrets").map(|it| &mut it.value.kind) else { return };
    let place = |it: &Node| {
        let text = |key: &str| it.get(key).and_then(Node::as_scalar).map(|it| Arc::clone(&it.text));
        Some((text("from")?, text("path")?))
    };
    let places = |names: &BTreeSet<Arc<str>>| -> BTreeSet<_> {
        names.iter().filter_map(|it| place(&secrets.get(it)?.value)).collect()
    };
    let (asked_places, live_places) = (places(&asked), places(&live));
    let idle: Vec<_> = secrets
        .iter()
        .filter(|(name, it)| match place(&it.value) {
            Some(place) => {
                asked_places.contains(&place) && !live_places.contains(&place) && !live.contains(*name)
            }
            None => asked.contains(*name) && !live.contains(*name),
        })
        .map(|(name, it)| (Arc::clone(name), it.key))
        .collect();
    for (name, at) in idle {
        if let Some(entry) = Arc::make_mut(secrets).shift_remove(&name) {
            removed.leave_out("secrets", &name, at);
            removed.note(&entry.value);
        }
    }
}

/// The secrets that a node names.
fn secrets_of(node: &Node, found: &mut BTreeSet<Arc<str>>) {
    match &node.kind {
        Kind::Map(map) => map.iter().for_each(|(key, it)| secrets_under(key, &it.value, found)),
        Kind::Seq(items) => items.iter().for_each(|it| secrets_of(it, found)),
        Kind::Scalar(scalar) => {
            for rest in scalar.text.split("${secrets.").skip(1) {
                found.extend(rest.split_once('}').map(|it| Arc::from(it.0)));
            }
        }
    }
}

/// The same of the value of a key: one that speaks of a secret has its name.
fn secrets_under(key: &str, value: &Node, found: &mut BTreeSet<Arc<str>>) {
    match value.as_scalar() {
        Some(it) if key == "secret" || key.ends_with("Secret") => {
            found.insert(Arc::clone(&it.text));
        }
        _ => secrets_of(value, found),
    }
}
