use super::*;
use serde_json::{Value, json};

fn said(pods: Value, level: Level, minor: u16) -> Vec<String> {
    let pods: core::PodTemplateSpec = serde_json::from_value(pods).unwrap();
    let found = evaluate(&pods, level, minor);
    found.iter().map(|it| format!("{}: {} ({})", it.control.id, it.reason, it.detail)).collect()
}

/// A container that `restricted` allows, with more.
fn hardened(name: &str, more: &Value) -> Value {
    let mut security = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    for (key, it) in more.as_object().unwrap() {
        security[key] = it.clone();
    }
    json!({ "name": name, "securityContext": security })
}

fn pod(more: &Value, containers: &[Value]) -> Value {
    let mut spec = json!({
        "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
        "containers": containers,
    });
    for (key, it) in more.as_object().unwrap() {
        spec[key] = it.clone();
    }
    json!({ "spec": spec })
}
