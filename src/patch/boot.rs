//! Whether pods that need each other can still meet.

use serde_json::Value;

use super::{One, Outcome, codes};
use crate::diag::Diagnostic;
use crate::k8s::Object;

/// What is wrong with how the pods of one object start and find each other.
pub(super) fn broken(one: &One<'_>, outcome: &mut Outcome, before: &Value, after: &Value) {
    let lost = |pointer: &str, kept: &Value| {
        before.pointer(pointer) == Some(kept) && after.pointer(pointer) != Some(kept)
    };
    let id = &outcome.id;
    let (field, message, help) = match &*id.kind {
        "StatefulSet" if several(after) && lost("/spec/podManagementPolicy", &"Parallel".into()) => (
            "podManagementPolicy",
            format!("the pods of the StatefulSet `{}` start one after the other", id.name),
            "leave `podManagementPolicy: Parallel`",
        ),
        "Service"
            if after.pointer("/spec/clusterIP") == Some(&"None".into())
                && lost("/spec/publishNotReadyAddresses", &true.into()) =>
        {
            (
                "publishNotReadyAddresses",
                format!("the Service `{}` names pods only when they are ready", id.name),
                "leave `publishNotReadyAddresses: true`",
            )
        }
        _ => return,
    };
    let at = outcome.applied.below(&["spec", field]).unwrap_or_else(|| one.at.clone());
    let found = Diagnostic::at_key(&codes::BOOT, &at, message)
        .note("they are ready only with each other: after an outage of all, none would be")
        .help(help);
    if &*id.kind == "Service" {
        outcome.hides = Some(found);
    } else {
        outcome.applied.findings.push(found);
    }
}

/// What is wrong with Services, now that all patches of a unit are applied: a pod that is alone is found by no other.
pub(super) fn settle(outcomes: &mut [Outcome], objects: &[Object]) {
    for outcome in outcomes {
        let Some(found) = outcome.hides.take() else { continue };
        let of_set = |it: &&Object| it.kind() == "StatefulSet" && it.id().namespace == outcome.id.namespace;
        let sets = objects.iter().filter(of_set).map(Object::to_value);
        let name = Some(outcome.id.name.as_str());
        let mut named = sets.filter(|it| it.pointer("/spec/serviceName").and_then(Value::as_str) == name);
        let alone = named.next().is_some_and(|first| !several(&first) && !named.any(|it| several(&it)));
        if !alone {
            outcome.applied.findings.push(found);
        }
    }
}

/// Whether a StatefulSet may have more than one pod.
fn several(set: &Value) -> bool {
    set.pointer("/spec/replicas").and_then(Value::as_i64).is_none_or(|it| it > 1)
}
