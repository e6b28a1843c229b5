//! The report as JSON, for programs.

use serde_json::{Map, Value, json};

use super::compare::What;
use super::report::{Acknowledgement, Cause, Entry, Finding, Report, State};

/// The report of a stack and environment, compared with something that is called so: `objects`, each with `state` (`new`,
/// `changed`, `gone`), `id` with the API version and the whole name, `impact`, `reason` and `changes`; `worst`, the worst impact or null; `leftOut`, the number of objects of
/// a cluster that are not of the stack. The content of Secrets is not in it.
#[must_use]
pub fn json(stack: &str, environment: &str, against: &str, report: &Report) -> Value {
    let objects: Vec<Value> = report.objects.iter().map(entry).collect();
    json!({
        "stack": stack,
        "environment": environment,
        "against": against,
        "worst": report.worst().map(super::Impact::name),
        "undecided": report.undecided().map(super::Impact::name),
        "leftOut": report.left_out,
        "objects": objects,
    })
}

fn entry(entry: &Entry) -> Value {
    let state = match entry.state {
        State::New => "new",
        State::Changed => "changed",
        State::Gone => "gone",
    };
    let changes: Vec<Value> = entry.changes.iter().map(|it| finding(it, entry.is_secret())).collect();
    json!({
        "object": entry.title,
        "id": entry.id,
        "state": state,
        "impact": entry.effect.impact.name(),
        "reason": entry.effect.reason,
        "pods": entry.effect.pods,
        "at": entry.cause.as_ref().map(cause),
        "changes": changes,
        "acknowledged": entry.acknowledged.as_ref().map(acknowledged),
        "renamedFrom": entry.renamed_from,
        "recipe": recipe(entry),
    })
}

fn acknowledged(it: &Acknowledgement) -> Value {
    json!({
        "impact": it.impact.name(),
        "reason": it.reason,
        "holds": it.holds,
        "at": it.cause.as_ref().map(cause),
    })
}

/// What an operator runs: `do`, and `why`.
fn recipe(entry: &Entry) -> Vec<Value> {
    entry.recipe.iter().map(|it| json!({ "do": it.action, "why": it.why })).collect()
}

fn finding(finding: &Finding, secret: bool) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
    put("path", json!(finding.path));
    match &finding.what {
        _ if secret => put("what", json!("hidden")),
        What::Added(after) => {
            put("what", json!("added"));
            put("after", after.clone());
        }
        What::Removed(before) => {
            put("what", json!("removed"));
            put("before", before.clone());
        }
        What::Changed(before, after) => {
            put("what", json!("changed"));
            put("before", before.clone());
            put("after", after.clone());
        }
        What::Reordered(before, after) => {
            put("what", json!("reordered"));
            put("before", json!(before));
            put("after", json!(after));
        }
        What::Files(map, keys) => {
            put("what", json!("files"));
            put("configMap", json!(map));
            put("keys", json!(keys));
        }
    }
    put("impact", json!(finding.effect.impact.name()));
    put("reason", json!(finding.effect.reason));
    put("at", finding.cause.as_ref().map_or(Value::Null, cause));
    Value::Object(map)
}

fn cause(cause: &Cause) -> Value {
    json!({
        "file": cause.file,
        "line": cause.line,
        "column": cause.column,
        "route": cause.route,
        "written": cause.written,
    })
}
