//! What the mesh's own policies, which stand behind the network's or alone, change about paths.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::index::{Index, Key};
use super::network::{Calls, End};
use super::{Class, Look, Subject, Unchecked, items, texts};
use crate::diff::object::Item;
use crate::k8s::crd::istio::SECURITY;
use crate::k8s::crd::linkerd;
use crate::k8s::reach::{Caller, Group, Mesh, Ports, Transport, UNKNOWN_ACCOUNT, Verdict};

/// How many are named of what is not checked.
const MOST: usize = 5;

/// Whether an object is a policy of Istio's.
pub(super) fn is_policy(it: Subject<'_>) -> bool {
    it.any().is_some_and(|it| it.id.group == SECURITY)
}

/// Says of Linkerd's policies that differ that they are not looked at.
pub(super) fn not_looked_at(look: &mut Look<'_>) {
    let linkerd = look.subjects.iter().filter(|it| !it.alike).filter_map(|it| it.any());
    let titles: BTreeSet<String> =
        linkerd.filter(|it| it.id.group == linkerd::GROUP).map(Item::title).collect();
    if !titles.is_empty() {
        let reason = format!("Linkerd's policies are not looked at: {}", named_of(&titles));
        look.found.unchecked.push(Unchecked { class: Class::Network, reason });
    }
}

fn named_of(all: &BTreeSet<String>) -> String {
    let mut names: Vec<String> = all.iter().take(MOST).cloned().collect();
    if all.len() > MOST {
        names.push(format!("and {} more", all.len() - MOST));
    }
    names.join(", ")
}

/// The workloads that a policy of Istio's may be about that is not the same on both sides.
pub(super) fn targets(index: &[Index<'_>; 2]) -> BTreeSet<Key> {
    let own = |it: &Index<'_>| -> Vec<Key> {
        it.touched().filter(|key| it.changed(key).iter().any(|it| is_policy(*it))).cloned().collect()
    };
    index.iter().flat_map(own).collect()
}

/// Those whom these policies name, with those that the policies are about.
pub(super) fn named(index: &[Index<'_>; 2]) -> BTreeSet<(Key, Key)> {
    let mut callers: BTreeMap<(String, String), BTreeSet<Key>> = BTreeMap::new();
    for side in index {
        for key in side.keys() {
            let Some(group) = side.group(key) else { continue };
            let account = (key.0.clone(), group.account.clone());
            callers.entry(account).or_default().insert(key.clone());
        }
    }
    let mut found = BTreeSet::new();
    for side in index {
        for key in side.touched() {
            for subject in side.changed(key).iter().filter(|it| is_policy(**it)) {
                let both = [subject.before, subject.after].into_iter().flatten();
                for ((namespace, account), keys) in &callers {
                    if both.clone().any(|it| names(it.value(), namespace, account)) {
                        found.extend(keys.iter().map(|it| (it.clone(), key.clone())));
                    }
                }
            }
        }
    }
    found
}

/// Whether a policy names a ServiceAccount, or its namespace.
fn names(policy: &Value, namespace: &str, account: &str) -> bool {
    let end = format!("/ns/{namespace}/sa/{account}");
    let rules = policy.get("spec").map(|it| items(it, "rules")).unwrap_or_default();
    rules.iter().flat_map(|it| items(it, "from")).filter_map(|it| it.get("source")).any(|it| {
        texts(it, "principals").iter().any(|it| it.ends_with(&end))
            || texts(it, "namespaces").contains(&namespace)
    })
}

/// The ports of a path that the mesh lets pass, each with the reason where the objects do not decide it: what the network lets
/// pass then counts as open. Where the mesh's policies differ it is asked about each port that the target lists, and once
/// about all others.
pub(super) fn passing(
    mesh: &Mesh<'_>,
    caller: Caller<'_>,
    target: &Group,
    ports: Ports,
    differs: bool,
) -> Vec<(Ports, Option<&'static str>)> {
    let ask = |ports: Ports| {
        mesh.calls(caller, target, ports).into_iter().filter_map(|it| match it.verdict {
            Some(Verdict::Refused(_)) => None,
            Some(Verdict::NotChecked(why)) => Some((it.ports, Some(why))),
            _ => Some((it.ports, None)),
        })
    };
    let carried = ports.transport.is_none_or(|it| it == Transport::Tcp);
    if !differs || ports.first == ports.last || !carried {
        return ask(ports).collect();
    }
    let listed: Vec<Ports> = target
        .pod
        .ports
        .iter()
        .filter(|it| ports.has(it.number, it.transport))
        .map(|it| Ports::one(it.number, it.transport))
        .collect();
    let rest = Ports { transport: Some(Transport::Tcp), ..ports }.without(&listed);
    let mut found: Vec<_> = listed.iter().flat_map(|it| ask(*it)).collect();
    let passes = rest.first().and_then(|it| ask(Ports::one(it.first, Transport::Tcp)).next());
    let whole = listed.iter().all(|it| found.contains(&(*it, None)));
    match passes {
        Some((_, None)) if whole => return vec![(ports, None)],
        Some((_, why)) => found.extend(rest.into_iter().map(|it| (it, why))),
        None => {}
    }
    found
}

/// What is said of paths that the mesh's policies may open where they differ: undecided before, and not refused after.
/// `open` are ends of which more is said.
pub(super) fn unsure(calls: &[Calls; 2], meshed: &BTreeSet<Key>, open: &BTreeSet<&End>) -> Option<String> {
    let mut found = BTreeSet::new();
    for (ends, before) in &calls[0] {
        let End::Workload(target) = &ends.1 else { continue };
        let Some(after) = calls[1].get(ends).filter(|_| meshed.contains(target) && !open.contains(&ends.1))
        else {
            continue;
        };
        let sure: Vec<Ports> = before.iter().filter(|it| it.unsure.is_none()).map(|it| it.ports).collect();
        let opens = |was: Ports| {
            after
                .iter()
                .filter(|it| it.unsure != Some(UNKNOWN_ACCOUNT))
                .any(|it| it.ports.without(&sure).into_iter().any(|it| it.and(was).is_some()))
        };
        if before.iter().any(|it| it.unsure.is_some() && opens(it.ports)) {
            found.insert(format!("{} → {}", ends.0.shown(), ends.1.shown()));
        }
    }
    (!found.is_empty()).then(|| format!("the objects do not say whom the mesh refuses: {}", named_of(&found)))
}
