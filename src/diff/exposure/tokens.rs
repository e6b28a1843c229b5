//! Which pods hold the token of their ServiceAccount (kubernetes.io/docs/tasks/configure-pod-container/configure-service-account).

use std::collections::BTreeMap;

use serde_json::Value;

use super::secrets::template;
use super::{Class, Fact, Look, Place, Side, Subject, apart, items, text};
use crate::diff::object::Item;

/// `ServiceAccount shop/cart`, that of the pods of a workload.
pub(super) fn account(item: &Item) -> String {
    let name = item.pods().and_then(|it| it.pointer("/spec/serviceAccountName")).and_then(Value::as_str);
    format!("ServiceAccount {}/{}", item.text("/metadata/namespace"), name.unwrap_or("default"))
}

pub(super) fn find(look: &mut Look<'_>) {
    let accounts = look.of(&["/ServiceAccount"]);
    // Where accounts are alike, so is what pods hold that are.
    let settled = accounts.iter().all(|it| it.alike);
    let mut all = look.workloads();
    all.retain(|it| !(settled && it.alike));
    if settled && all.is_empty() {
        return;
    }
    if look.lacks(Class::Token, &["/ServiceAccount"]) {
        return;
    }
    let facts = Side::BOTH.map(|side| {
        let mounts: BTreeMap<String, (Subject<'_>, bool)> = accounts
            .iter()
            .filter_map(|it| Some((it, it.on(side)?)))
            .filter_map(|(it, item)| {
                Some((item.title(), (*it, item.at("/automountServiceAccountToken")?.as_bool()?)))
            })
            .collect();
        let each = all.iter().filter_map(|it| Some((*it, it.on(side)?)));
        each.flat_map(|(subject, item)| held(subject, item, &mounts)).collect::<Vec<_>>()
    });
    for (side, fact) in apart([&facts[0], &facts[1]], |a: &String, b| a == b) {
        look.push(
            Class::Token,
            side,
            (fact.who.clone(), fact.what.clone()),
            &fact.place,
            fact.reason.clone(),
        );
    }
}

fn held<'a>(
    subject: Subject<'a>,
    item: &Item,
    mounts: &BTreeMap<String, (Subject<'a>, bool)>,
) -> Vec<Fact<'a, String>> {
    let Some(spec) = item.pods().and_then(|it| it.get("spec")) else { return Vec::new() };
    let account = account(item);
    let own = spec.get("automountServiceAccountToken").and_then(Value::as_bool);
    let by_account = mounts.get(&account);
    let spec_at = || Place { subject, steps: template(item) }.key("spec");
    let who = item.title();
    let mut found = Vec::new();
    if own.or(by_account.map(|it| it.1)).unwrap_or(true) {
        let (place, reason) = match (own, by_account) {
            (None, Some((account, _))) if subject.alike => {
                (Place::new(*account, &["automountServiceAccountToken"]), "its ServiceAccount has it mounted")
            }
            (Some(_), _) => (spec_at().key("automountServiceAccountToken"), "`automountServiceAccountToken`"),
            (None, _) => (spec_at().key("serviceAccountName"), "it is mounted unless somebody says no"),
        };
        let what = format!("the token of {account} for the API server");
        found.push(Fact { who: who.clone(), what, place, reason: reason.to_owned() });
    }
    for volume in items(spec, "volumes") {
        let sources = volume.get("projected").map(|it| items(it, "sources")).unwrap_or_default();
        for it in sources.iter().filter_map(|it| it.get("serviceAccountToken")) {
            let audience = text(it, "audience");
            let whom = if audience.is_empty() { "the API server" } else { audience };
            let place = spec_at().key("volumes").item(text(volume, "name"));
            let what = format!("the token of {account} for {whom}");
            let reason = format!("volume {}", text(volume, "name"));
            found.push(Fact { who: who.clone(), what, place, reason });
        }
    }
    found
}
