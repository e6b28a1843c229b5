//! Claims that change, and volumes that somebody made.
//!
//! A claim that is deleted lets its volume go, which is deleted with what is on it unless it says `Retain`; both wait until no
//! pod has them (kubernetes.io/docs/concepts/storage/persistent-volumes, on reclaiming and on storage object in use protection).

use super::users::User;
use super::{Advice, Dish, Draft, Kitchen, RETAIN, kubectl, retain, step, word};
use crate::diff::impact::Impact;
use crate::diff::object::Item;

/// What to do for a changed claim or volume.
pub(super) fn draft(kitchen: &Kitchen, dish: &Dish<'_>, before: &Item) -> Draft {
    let namespace = before.id.namespace.as_deref();
    match &*before.id.kind {
        "PersistentVolumeClaim" if dish.of(Impact::Data).next().is_some() => {
            let claim = &before.id.name;
            let users = kitchen.users.of(namespace.unwrap_or_default(), claim);
            let mut first = copied(users, namespace, claim);
            first.push(retain(claim, namespace));
            first.extend(stopped(users, namespace));
            first.push(step(kubectl("delete", before, ""), "its volume stays, released, with what is on it"));
            let then = restored(users, namespace, claim);
            Draft { first, then, pause: true, ..Draft::default() }
        }
        "PersistentVolume" if dish.of(Impact::Recreate).next().is_some() => {
            let namespace = Some(before.text("/spec/claimRef/namespace")).filter(|it| !it.is_empty());
            let claim = before.text("/spec/claimRef/name");
            let users = kitchen.users.of(namespace.unwrap_or_default(), claim);
            let mut first =
                vec![step(kubectl("patch", before, RETAIN), "nothing is deleted where it is kept")];
            first.extend(stopped(users, namespace));
            first.push(step(
                "copy what is kept from the old place to the new one",
                "the description moves, not the data: for whoever keeps the storage",
            ));
            if !claim.is_empty() {
                let at = namespace.map(|it| format!(" -n {}", word(it))).unwrap_or_default();
                let why = "it is bound to the old volume; the workload, or the description, makes it anew";
                first.push(step(format!("kubectl delete pvc {}{at}", word(claim)), why));
            }
            first.push(step(kubectl("delete", before, ""), "the description of the old place"));
            Draft { first, pause: true, ..Draft::default() }
        }
        _ => Draft::default(),
    }
}

fn at(namespace: Option<&str>) -> String {
    namespace.map(|it| format!(" -n {}", word(it))).unwrap_or_default()
}

/// Takes a copy of what is on a claim.
pub(super) fn copied(users: &[User], namespace: Option<&str>, claim: &str) -> Vec<Advice> {
    let Some(User { name, container, path, .. }) = users.first() else {
        return vec![step(format!("take a copy of what is on {claim}"), "no workload of before mounts it")];
    };
    let command = format!(
        "kubectl exec {}{} -c {} -- tar -C {} -cf - . > {}",
        word(name),
        at(namespace),
        word(container),
        word(path),
        word(&format!("{claim}.tar"))
    );
    vec![step(command, "a copy of the files; of a server that writes, take a backup in its own way")]
}

fn restored(users: &[User], namespace: Option<&str>, claim: &str) -> Vec<Advice> {
    let Some(User { name, container, path, .. }) = users.first() else {
        return vec![step(format!("put the copy onto {claim}"), "the new claim is empty")];
    };
    let command = format!(
        "kubectl exec -i {}{} -c {} -- tar -C {} -xf - < {}",
        word(name),
        at(namespace),
        word(container),
        word(path),
        word(&format!("{claim}.tar"))
    );
    vec![step(command, "the new claim is empty")]
}

/// Stops who mounts a claim; what is applied later starts them again.
fn stopped(users: &[User], namespace: Option<&str>) -> Vec<Advice> {
    let why = "a claim is deleted only while no pod has it; the new description starts them again";
    let one = |it: &User| {
        let name = word(&it.name);
        step(format!("kubectl scale {name}{} --replicas=0", at(namespace)), why)
    };
    users.iter().filter(|it| it.scales).map(one).collect()
}
