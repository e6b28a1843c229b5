//! Deployments and `DaemonSet`s whose selector changes: the new pods come beside the old ones.
//!
//! Deleted with `--cascade=orphan`, a Deployment leaves its `ReplicaSet` behind, which keeps the old pods running
//! (kubernetes.io/docs/tasks/administer-cluster/use-cascading-deletion).

use serde_json::Value;

use super::{Dish, Draft, kubectl, namespaced, step, word};
use crate::diff::impact::Impact;
use crate::diff::object::Item;

/// The labels that it selects by.
pub(super) fn labels(item: &Item) -> Vec<(String, String)> {
    let all = item.at("/spec/selector/matchLabels").and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// What to do for a Deployment, a `ReplicaSet` or a DaemonSet with another selector.
pub(super) fn draft(dish: &Dish<'_>, before: &Item, after: &Item) -> Draft {
    let leaves = match &*before.id.kind {
        "Deployment" => "replicaset",
        "DaemonSet" | "ReplicaSet" => "pods",
        _ => return Draft::default(),
    };
    if !dish.of(Impact::Recreate).any(|(words, _)| words.starts_with(&["spec", "selector"])) {
        return Draft::default();
    }
    let (old, new) = (labels(before), labels(after));
    let mut query: Vec<String> = old.iter().map(|(key, value)| format!("{key}={value}")).collect();
    // What is new may have all labels that the old ones had.
    let more: Vec<&(String, String)> =
        new.iter().filter(|it| !old.iter().any(|(key, _)| *key == it.0)).collect();
    query.extend(more.iter().map(|(key, value)| format!("{key}!={value}")));
    let has = |(key, value): &(String, String)| {
        let own =
            after.at("/spec/template/metadata/labels").and_then(|it| it.get(key)).and_then(Value::as_str);
        own == Some(value)
    };
    let finds_new = old.iter().all(has) && !more.into_iter().any(has);
    let beside = if before.id.kind == "DaemonSet" {
        "the old pods stay, and those of the new one come beside them on each node: a port of the node that both want is in the way"
    } else {
        "the old pods stay and serve whoever selects them, and those of the new one come beside them"
    };
    let mut then = vec![step(kubectl("rollout status", after, ""), "the new pods serve")];
    if old.is_empty() || finds_new {
        let why = "nobody looks after them any more, and no label tells them from the new ones";
        then.push(step("delete the old pods that the new one did not take over", why));
    } else {
        then.push(step(
            format!("kubectl delete {leaves}{} -l {}", namespaced(before), word(&query.join(","))),
            "the old pods, which nobody looks after any more",
        ));
    }
    Draft {
        first: vec![step(kubectl("delete", before, "--cascade=orphan"), beside)],
        then,
        pause: true,
        ..Draft::default()
    }
}
