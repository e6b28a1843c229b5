//! What tests of the parts need.

use serde_json::{Value, json};

use super::compare::{Change, compare};
use super::object::Item;
use crate::diag::{Sink, Sources};
use crate::syntax::parse::parse;

/// An object `x` in the namespace `n` of a kind.
pub(super) fn item(kind: &str, mut value: Value) -> Item {
    let version = match kind {
        "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet" => "apps/v1",
        "Job" | "CronJob" => "batch/v1",
        "Rollout" => "argoproj.io/v1alpha1",
        "HTTPRoute" => "gateway.networking.k8s.io/v1",
        _ => "v1",
    };
    value["apiVersion"] = json!(version);
    value["kind"] = json!(kind);
    value["metadata"]["name"] = json!("x");
    value["metadata"]["namespace"] = json!("n");
    let mut sources = Sources::default();
    let file = sources.add("x", value.to_string());
    let node = parse(&sources, file, &mut Sink::default()).unwrap();
    Item::new(value, node, "x").unwrap()
}

/// What differs between two objects.
pub(super) fn changes(before: &Item, after: &Item) -> Vec<Change> {
    compare(&before.id.kind, before.value(), after.value())
}
