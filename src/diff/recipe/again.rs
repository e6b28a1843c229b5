//! Objects that are deleted and applied again, because nothing is lost with them but the moment between.

use super::{Dish, Draft, kubectl, step};
use crate::diff::impact::Impact;
use crate::diff::object::Item;

/// What to do for an object that the API server does not change.
pub(super) fn draft(dish: &Dish<'_>, before: &Item) -> Draft {
    if dish.of(Impact::Recreate).next().is_none() {
        return Draft::default();
    }
    let (first, then) = match &*before.id.kind {
        "Job" => (
            "a Job never changes: what ran stays done, and the new one runs from the start; another name would keep both",
            None,
        ),
        "RoleBinding" | "ClusterRoleBinding" => (
            "until the new one is there, its subjects may not do what it allows: requests of that moment are refused",
            None,
        ),
        "Service" => (
            "its address goes, and until the new one is there its name resolves to nothing",
            Some(
                "clients that keep the old address, or connections, have to look again: restart those that do not by themselves",
            ),
        ),
        "StorageClass" => (
            "volumes and claims that exist keep what they have; claims that ask for it now wait until it is back",
            None,
        ),
        "PriorityClass" => {
            ("pods that run keep the number that they got; pods of the moment between are refused", None)
        }
        "ConfigMap" | "Secret" => (
            "pods that run keep what they have; those that start before the new one is there wait for it",
            Some("pods that read it as variables have the old content until they are replaced"),
        ),
        _ => return Draft::default(),
    };
    let mut draft =
        Draft { first: vec![step(kubectl("delete", before, ""), first)], pause: true, ..Draft::default() };
    if let Some(why) = then {
        draft.then.push(step(kubectl("get", before, ""), why));
    }
    draft
}
