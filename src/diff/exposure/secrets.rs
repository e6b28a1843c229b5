//! Which secrets a workload reads: by its pods, and by what its ServiceAccount may ask the API server for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::rbac::{self, Granted, granted};
use super::tokens::account;
use super::{Class, Fact, Look, Place, Side, Subject, apart, items, text};
use crate::diff::key;
use crate::diff::object::Item;

/// Secrets: of a namespace or of all, one or all, a key or all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Secrets {
    namespace: Option<String>,
    name: Option<String>,
    key: Option<String>,
}

impl Secrets {
    fn covers(&self, other: &Self) -> bool {
        let all = |own: &Option<String>, other: &Option<String>| own.is_none() || own == other;
        all(&self.namespace, &other.namespace) && all(&self.name, &other.name) && all(&self.key, &other.key)
    }

    /// What it is without its key.
    fn shown(&self) -> String {
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => format!("Secret {namespace}/{name}"),
            (None, Some(name)) => format!("Secret {name} of every namespace"),
            (Some(namespace), None) => format!("every Secret of {namespace}"),
            (None, None) => "every Secret of every namespace".to_owned(),
        }
    }
}

/// The keys of one secret, and the first fact of it.
type Merged<'f, 'a> = (BTreeSet<&'f str>, &'f Fact<'a, Secrets>);

pub(super) fn find(look: &mut Look<'_>) {
    let all = look.workloads();
    let by_rule = look.of(&rbac::KINDS).iter().any(|it| !it.alike);
    if !by_rule && all.iter().all(|it| it.alike) {
        return;
    }
    // What a stream lacks is said by the part that looks at it.
    let rules = look.of(&rbac::KINDS);
    let lacking = look.live && rules.iter().all(|it| it.before.is_none());
    let unknown = lacking || look.found.unchecked.iter().any(|it| it.class == Class::Rbac);
    if all.iter().all(|it| it.before.is_none()) && look.live {
        look.lacks(Class::Secret, &["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet"]);
        return;
    }
    // Where rules are alike, so is what pods read that are.
    let all: Vec<Subject<'_>> = all.into_iter().filter(|it| by_rule || !it.alike).collect();
    let by_account = (!unknown).then(|| Side::BOTH.map(|side| by_account(granted(look, side))));
    let facts = Side::BOTH.map(|side| {
        let mut facts = Vec::new();
        for subject in &all {
            let Some(item) = subject.on(side) else { continue };
            let Some(pods) = item.pods() else { continue };
            if !subject.alike {
                facts.extend(read(*subject, item.text("/metadata/namespace"), pods, &item.title()));
            }
            let Some(by_account) = &by_account else { continue };
            let grants = &by_account[usize::from(side == Side::After)];
            for it in grants.get(&account(item)).into_iter().flatten() {
                if !it.grant.reads_secrets() {
                    continue;
                }
                let what = Secrets {
                    namespace: it.grant.namespace.clone(),
                    name: it.grant.name().map(str::to_owned),
                    key: None,
                };
                let (place, why) = it.place();
                // A workload of another account is itself the reason.
                let moved = subject.before.map(account) != subject.after.map(account);
                let (place, reason) = if moved {
                    let place = Place { subject: *subject, steps: template(item) };
                    (place.key("spec").key("serviceAccountName"), format!("its {} may read it", it.who))
                } else {
                    (place, why)
                };
                facts.push(Fact { who: item.title(), what, place, reason });
            }
        }
        facts
    });
    // Keys of one secret, said at one place, are one entry.
    let mut merged: BTreeMap<(bool, &str, Secrets), Merged<'_, '_>> = BTreeMap::new();
    for (side, fact) in apart([&facts[0], &facts[1]], Secrets::covers) {
        let whole = Secrets { key: None, ..fact.what.clone() };
        let entry =
            merged.entry((side == Side::After, &fact.who, whole)).or_insert_with(|| (BTreeSet::new(), fact));
        entry.0.extend(fact.what.key.as_deref());
    }
    for ((after, who, whole), (keys, fact)) in merged {
        let side = if after { Side::After } else { Side::Before };
        let keys: Vec<&str> = keys.into_iter().collect();
        let what = match keys.as_slice() {
            [] => whole.shown(),
            [one] => format!("{one} of {}", whole.shown()),
            more => format!("{} of {}", more.join(", "), whole.shown()),
        };
        look.push(Class::Secret, side, (who.to_owned(), what), &fact.place, fact.reason.clone());
    }
}

fn by_account(all: Vec<Granted<'_>>) -> BTreeMap<String, Vec<Granted<'_>>> {
    let mut found: BTreeMap<String, Vec<Granted<'_>>> = BTreeMap::new();
    for it in all {
        found.entry(it.who.clone()).or_default().push(it);
    }
    found
}

/// The steps to the template of pods.
pub(super) fn template(item: &Item) -> Vec<crate::provenance::Step> {
    item.pods_at().unwrap_or_default().split('/').skip(1).map(key).collect()
}

/// What the pods of a workload read.
fn read<'a>(subject: Subject<'a>, namespace: &str, pods: &'a Value, who: &str) -> Vec<Fact<'a, Secrets>> {
    let mut found = Vec::new();
    let steps = subject.any().map(template).unwrap_or_default();
    let spec_at = || Place { subject, steps: steps.clone() }.key("spec");
    let mut add = |name: &str, key: Option<&str>, place: Place<'a>, reason: String| {
        if !name.is_empty() {
            let own = |it: &str| Some(it.to_owned());
            let what = Secrets { namespace: own(namespace), name: own(name), key: key.map(str::to_owned) };
            found.push(Fact { who: who.to_owned(), what, place, reason });
        }
    };
    let spec = pods.get("spec").unwrap_or(&Value::Null);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items(spec, list) {
            let own = text(container, "name");
            let place = || spec_at().key(list).item(own);
            for variable in items(container, "env") {
                let Some(it) = variable.pointer("/valueFrom/secretKeyRef") else { continue };
                let name = text(variable, "name");
                let place = place().key("env").item(name);
                add(
                    text(it, "name"),
                    Some(text(it, "key")),
                    place,
                    format!("variable {name} of container {own}"),
                );
            }
            for (index, from) in items(container, "envFrom").iter().enumerate() {
                let Some(it) = from.get("secretRef") else { continue };
                let place = place().key("envFrom").item(index);
                add(text(it, "name"), None, place, format!("all variables of container {own}"));
            }
        }
    }
    for volume in items(spec, "volumes") {
        let own = text(volume, "name");
        let place = || spec_at().key("volumes").item(own);
        let projected = volume.get("projected").map(|it| items(it, "sources")).unwrap_or_default();
        let sources = projected.iter().filter_map(|it| it.get("secret")).map(|it| (text(it, "name"), it));
        let whole = volume.get("secret").map(|it| (text(it, "secretName"), it));
        for (name, source) in whole.into_iter().chain(sources) {
            let reason = format!("volume {own}");
            let keys = items(source, "items");
            if keys.is_empty() {
                add(name, None, place(), reason);
            } else {
                for it in keys {
                    add(name, Some(text(it, "key")), place(), reason.clone());
                }
            }
        }
    }
    for it in items(spec, "imagePullSecrets") {
        let name = text(it, "name");
        let place = spec_at().key("imagePullSecrets").item(name);
        add(name, None, place, "to pull images".to_owned());
    }
    found
}
