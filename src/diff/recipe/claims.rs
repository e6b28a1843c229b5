//! Claims that change, and volumes that somebody made.
//!
//! A claim that is deleted lets its volume go, which is deleted with what is on it unless it says `Retain`; both wait until no
//! pod has them (kubernetes.io/docs/concepts/storage/persistent-volumes, on reclaiming and on storage object in use protection).

use super::users::{held, started, stopped};
use super::{Advice, Dish, Draft, Kitchen, RETAIN, at, kubectl, retain, step, word};
use crate::diff::impact::Impact;
use crate::diff::object::Item;

/// What to do for a changed claim or volume.
pub(super) fn draft(kitchen: &Kitchen<'_>, dish: &Dish<'_>, before: &Item) -> Draft {
    let namespace = before.id.namespace.as_deref();
    match &*before.id.kind {
        "PersistentVolumeClaim" if dish.of(Impact::Data).next().is_some() => {
            let claim = &before.id.name;
            let (mut first, start) = held(&kitchen.users.of(namespace.unwrap_or_default(), claim));
            first.push(copied(namespace, claim));
            first.push(retain(claim, namespace));
            first.push(step(kubectl("delete", before, ""), "its volume stays, released, with what is on it"));
            let mut then = vec![restored(namespace, claim, claim)];
            then.extend(start);
            Draft { first, then, pause: true, ..Draft::default() }
        }
        "PersistentVolume" if dish.of(Impact::Recreate).next().is_some() => {
            let namespace = Some(before.text("/spec/claimRef/namespace")).filter(|it| !it.is_empty());
            let claim = before.text("/spec/claimRef/name");
            let users = kitchen.users.of(namespace.unwrap_or_default(), claim);
            let mut first =
                vec![step(kubectl("patch", before, RETAIN), "nothing is deleted where it is kept")];
            first.extend(stopped(
                &users,
                "a claim is deleted only while no pod has it, and nobody writes while it is copied",
            ));
            first.push(step(
                "copy what is kept from the old place to the new one",
                "the description moves, not the data: for whoever keeps the storage",
            ));
            if !claim.is_empty() {
                let why = "it is bound to the old volume; the workload, or the description, makes it anew";
                first.push(step(format!("kubectl delete pvc {}{}", word(claim), at(namespace)), why));
            }
            first.push(step(kubectl("delete", before, ""), "the description of the old place"));
            Draft { first, then: started(&users), pause: true, ..Draft::default() }
        }
        _ => Draft::default(),
    }
}

/// Takes a copy of what is on a claim.
pub(super) fn copied(namespace: Option<&str>, claim: &str) -> Advice {
    let file = word(&format!("{claim}.tar"));
    step(
        format!("kubectl exec POD{} -- tar -C PATH -cf - . > {file}", at(namespace)),
        format!(
            "POD is one of your own that mounts {claim} at PATH, as its users are stopped; it goes before the claim does"
        ),
    )
}

/// Puts the copy of a claim onto another.
pub(super) fn restored(namespace: Option<&str>, old: &str, new: &str) -> Advice {
    let file = word(&format!("{old}.tar"));
    step(
        format!("kubectl exec -i POD{} -- tar -C PATH -xf - < {file}", at(namespace)),
        format!("{new} is empty; POD is one of your own that mounts it at PATH, before its users do"),
    )
}
