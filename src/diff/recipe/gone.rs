//! What goes, with what it keeps.

use super::users::{held, started, stopped};
use super::{Advice, Dish, Draft, Kitchen, RETAIN, claims, kubectl, namespaced, retain, step, word};
use crate::diff::object::Item;

/// What to do before an object goes that data goes with, or under another name.
pub(super) fn draft(kitchen: &Kitchen<'_>, dish: &Dish<'_>, before: &Item) -> Draft {
    let namespace = before.id.namespace.as_deref();
    let mut draft = Draft::default();
    match &*before.id.kind {
        "Namespace" => draft.first = of_namespace(&before.id.name),
        "PersistentVolumeClaim" => {
            let claim = &before.id.name;
            let users = kitchen.users.of(namespace.unwrap_or_default(), claim);
            if let Some(after) = dish.after.filter(|_| dish.renamed) {
                let (first, start) = held(&users);
                draft.first = first;
                draft.then.push(claims::restored(after.id.namespace.as_deref(), claim, &after.id.name));
                draft.then.extend(start);
            } else {
                draft.first = stopped(&users, "nobody writes while it is copied");
                draft.then.extend(started(&users));
            }
            draft.first.push(claims::copied(namespace, claim));
            draft.first.push(retain(claim, namespace));
        }
        "PersistentVolume" => {
            draft.first.push(step(kubectl("patch", before, RETAIN), "nothing is deleted where it is kept"));
            let file = word(&format!("{}.yaml", before.id.name));
            let kept = format!("{} > {file}", kubectl("get", before, "-o yaml"));
            draft.first.push(step(kept, "how to find it again"));
        }
        "StatefulSet" => {
            draft.first = super::tier::backup(dish);
            if before.text("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete" {
                let patch = r#"--type merge -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain"}}}'"#;
                draft.first.push(step(kubectl("patch", before, patch), "its claims stay when it goes"));
            }
        }
        _ => {
            draft.first = super::tier::backup(dish);
            draft.first.extend(super::tier::retained(before));
        }
    }
    draft.pause = !draft.first.is_empty();
    if dish.renamed && before.id.kind == "StatefulSet" {
        draft = super::tier::held(kitchen, dish, draft);
    }
    if !kitchen.delivery.prunes(before) {
        // The claims of a StatefulSet stay when it goes; what is on anything else goes with it.
        let why = if before.id.kind == "StatefulSet" {
            "nothing deletes it by itself"
        } else {
            "nothing deletes it by itself: only once nobody will want what is on it"
        };
        draft.then.push(step(kubectl("delete", before, ""), why));
    }
    if before.id.kind == "StatefulSet" {
        draft.then.extend(unused(before));
    }
    draft
}

fn of_namespace(name: &str) -> Vec<Advice> {
    let name = word(name);
    let list = format!("kubectl get pvc -n {name} -o jsonpath='{{.items[*].spec.volumeName}}'");
    vec![
        step(
            format!("kubectl get all,pvc,configmap,secret,ingress -n {name}"),
            "all of this goes with it: back up what is to be kept, each in its own way",
        ),
        step(
            format!("for volume in $({list}); do kubectl patch pv \"$volume\" {RETAIN}; done"),
            "the volumes, and what is on them, outlive their claims: the way back",
        ),
    ]
}

/// The claims that nobody has any more.
fn unused(before: &Item) -> Vec<Advice> {
    let all: Vec<String> =
        super::stateful_set::claims(before).into_iter().flat_map(|it| it.1).map(|it| word(&it)).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let why = "only once nobody will want what is on them";
    vec![step(format!("kubectl delete pvc {}{}", all.join(" "), namespaced(before)), why)]
}
