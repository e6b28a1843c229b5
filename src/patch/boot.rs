//! Whether pods that need each other can still meet.

use serde_json::Value;

use super::{One, Outcome, codes};
use crate::diag::Diagnostic;

/// What is wrong with how the pods of one object start and find each other.
pub(super) fn broken(one: &One<'_>, outcome: &mut Outcome, before: &Value, after: &Value) {
    let lost = |pointer: &str, kept: &Value| {
        before.pointer(pointer) == Some(kept) && after.pointer(pointer) != Some(kept)
    };
    let several = after.pointer("/spec/replicas").and_then(Value::as_i64).is_none_or(|it| it > 1);
    let id = &outcome.id;
    let (field, message, help) = match &*id.kind {
        "StatefulSet" if several && lost("/spec/podManagementPolicy", &"Parallel".into()) => (
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
    outcome.applied.findings.push(
        Diagnostic::at_key(&codes::BOOT, &at, message)
            .note("they are ready only with each other: after an outage of all, none would be")
            .help(help),
    );
}
