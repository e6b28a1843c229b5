//! The report as JSON, for programs, and the schema of it.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde_json::Value;

use super::capacity;
use super::compare::What;
use super::exposure;
use super::recipe::Advice;
use super::report::{self, Entry, Finding, State};

/// The report of a stack and environment, compared with something that is called so. The content of Secrets is not in it.
///
/// # Panics
/// Never: texts, numbers and values always become a value.
#[must_use]
pub fn json(stack: &str, environment: &str, against: &str, report: &report::Report) -> Value {
    let value = serde_json::to_value(Comparison {
        stack: stack.to_owned(),
        environment: environment.to_owned(),
        against: against.to_owned(),
        worst: report.worst().map(super::Impact::name),
        undecided: report.undecided().map(super::Impact::name),
        left_out: report.left_out,
        together: report.together(),
        objects: report.objects.iter().map(object).collect(),
        exposure: report.exposure.all.iter().map(exposed).collect(),
        not_checked: report.exposure.unchecked.iter().map(unchecked).collect(),
        capacity: report.capacity.iter().map(pool).collect(),
    });
    value.expect("texts, numbers and values by text always become a value")
}

/// The JSON Schema of what `stackgen diff --format json` writes.
#[must_use]
pub fn json_schema() -> Schema {
    schema_for!(Vec<Comparison>)
}

/// What differs between what is there and what would be there, of one stack.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Comparison {
    /// The name of the stack.
    stack: String,
    /// The environment that was compiled.
    environment: String,
    /// What it was compared with.
    against: String,
    /// The worst impact: `none`, `hot`, `scale`, `rolling`, `unknown`, `downtime`, `recreate` or `data`; null where nothing differs.
    worst: Option<&'static str>,
    /// The worst impact that no entry of `acknowledge` covers; null where nothing is left.
    undecided: Option<&'static str>,
    /// How many objects of a cluster were left out because they are not of the stack.
    left_out: usize,
    /// How the recipes of several objects go together; null where one at most has a recipe.
    together: Option<String>,
    /// The objects that differ.
    objects: Vec<Differing>,
    /// What became reachable or readable, or no longer is.
    exposure: Vec<Exposure>,
    /// What of the exposure could not be told.
    not_checked: Vec<Unchecked>,
    /// The pools of nodes of which something else is asked.
    capacity: Vec<Pool>,
}

/// An object that differs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Differing {
    /// `Deployment shop/cart`.
    object: String,
    /// `apps/v1/Deployment shop/cart`.
    id: String,
    /// `new`, `changed` or `gone`.
    state: &'static str,
    /// What it was called before, where that is another name.
    renamed_from: Option<String>,
    /// The worst that its changes do.
    impact: &'static str,
    /// Why.
    reason: String,
    /// How many pods are replaced, where that is known.
    pods: Option<u64>,
    /// The line that makes it, for a new one.
    at: Option<Place>,
    /// What the stack says of the change, where somebody has decided it.
    acknowledged: Option<Acknowledged>,
    /// What an operator runs, in this order; the application itself is one of the steps.
    recipe: Vec<Step>,
    /// What differs in it.
    changes: Vec<Change>,
}

/// What somebody has decided of a change.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Acknowledged {
    /// What the change may do at most: `downtime`, `recreate` or `data`.
    impact: &'static str,
    /// Why it may.
    reason: String,
    /// Whether the change does no more than that.
    holds: bool,
    /// The line that says so.
    at: Option<Place>,
}

/// A step of a recipe.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Step {
    /// A command, or what to do by hand.
    r#do: String,
    /// Why.
    why: String,
}

/// A difference within an object.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Change {
    /// Where: `spec.template.spec.containers[cart].image`.
    path: String,
    /// `added`, `removed`, `changed`, `reordered`, `files`; `hidden` in a Secret.
    what: &'static str,
    /// The value before; names in their order where only that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// The value after; names in their order where only that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    /// The ConfigMap that pods read.
    #[serde(skip_serializing_if = "Option::is_none")]
    config_map: Option<String>,
    /// Its keys that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<String>>,
    /// What it does.
    impact: &'static str,
    /// Why.
    reason: String,
    /// The line that causes it.
    at: Option<Place>,
}

/// A line of the stack.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Place {
    /// Its file.
    file: String,
    /// Its number, from 1.
    line: usize,
    /// The column, from 1.
    column: usize,
    /// What it is, by keys, as a JSON pointer.
    route: String,
    /// Whether it says the value itself; else it is the nearest line above, and the value is a default.
    written: bool,
}

/// Something that became reachable or readable, or no longer is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Exposure {
    /// `host`, `rbac`, `secret`, `podSecurity`, `network` or `token`.
    class: &'static str,
    /// `opened` or `closed`.
    direction: &'static str,
    /// Who reaches, reads or may do it; of a host, the host.
    who: String,
    /// What is reached, read or done.
    what: String,
    /// The object that makes the difference.
    object: String,
    /// Why.
    reason: String,
    /// The line that causes it.
    at: Option<Place>,
}

/// What could not be told.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Unchecked {
    /// The class of exposure.
    class: &'static str,
    /// Why.
    reason: String,
}

/// The nodes that pods may run on, with what the pods ask for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Pool {
    /// What nodes need, or `any node`.
    nodes: String,
    /// `steady`: so many pods at any time; `perNode`: one on each node; `runs`: while jobs run.
    nature: &'static str,
    /// Before.
    before: Range,
    /// After.
    after: Range,
}

/// The least and the most.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Range {
    /// As written, or the least that autoscalers keep.
    floor: Load,
    /// As written, or the most that autoscalers make.
    ceiling: Load,
}

/// Pods and what they ask for and may use.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Load {
    /// How many pods.
    pods: u64,
    /// What is asked for, as Kubernetes writes amounts; `storage` is that of claims.
    requests: Amounts,
    /// What may be used.
    limits: Amounts,
}

/// Amounts by resource.
type Amounts = std::collections::BTreeMap<String, String>;

fn acknowledged(it: &report::Acknowledgement) -> Acknowledged {
    Acknowledged {
        impact: it.impact.name(),
        reason: it.reason.clone(),
        holds: it.holds,
        at: it.cause.as_ref().map(line),
    }
}

fn step(it: &Advice) -> Step {
    Step { r#do: it.action.clone(), why: it.why.clone() }
}

fn object(entry: &Entry) -> Differing {
    let state = match entry.state {
        State::New => "new",
        State::Changed => "changed",
        State::Gone => "gone",
    };
    Differing {
        object: entry.title.clone(),
        id: entry.id.clone(),
        state,
        renamed_from: entry.renamed_from.clone(),
        impact: entry.effect.impact.name(),
        reason: entry.effect.reason.clone(),
        pods: entry.effect.pods,
        at: entry.cause.as_ref().map(line),
        acknowledged: entry.acknowledged.as_ref().map(acknowledged),
        recipe: entry.recipe.iter().map(step).collect(),
        changes: entry.changes.iter().map(|it| change(it, entry.is_secret())).collect(),
    }
}

fn change(finding: &Finding, secret: bool) -> Change {
    let mut change = Change {
        path: finding.path.clone(),
        what: "hidden",
        before: None,
        after: None,
        config_map: None,
        keys: None,
        impact: finding.effect.impact.name(),
        reason: finding.effect.reason.clone(),
        at: finding.cause.as_ref().map(line),
    };
    if secret {
        return change;
    }
    let names = |it: &[String]| Some(it.iter().cloned().collect());
    (change.what, change.before, change.after) = match &finding.what {
        What::Added(after) => ("added", None, Some(after.clone())),
        What::Removed(before) => ("removed", Some(before.clone()), None),
        What::Changed(before, after) => ("changed", Some(before.clone()), Some(after.clone())),
        What::Reordered(before, after) => ("reordered", names(before), names(after)),
        What::Files(map, keys) => {
            (change.config_map, change.keys) = (Some(map.clone()), Some(keys.clone()));
            ("files", None, None)
        }
    };
    change
}

fn line(cause: &report::Cause) -> Place {
    let report::Cause { file, line, column, route, written } = cause.clone();
    Place { file, line, column, route, written }
}

fn exposed(it: &exposure::Exposure) -> Exposure {
    Exposure {
        class: it.class.name(),
        direction: it.way.name(),
        who: it.who.clone(),
        what: it.what.clone(),
        object: it.object.clone(),
        reason: it.reason.clone(),
        at: it.cause.as_ref().map(line),
    }
}

fn unchecked(it: &exposure::Unchecked) -> Unchecked {
    Unchecked { class: it.class.name(), reason: it.reason.clone() }
}

fn pool(it: &capacity::Pool) -> Pool {
    let amounts = |all: &crate::k8s::usage::Amounts| -> Amounts {
        all.iter().map(|(name, it)| (name.clone(), capacity::amount(name, *it))).collect()
    };
    let load = |it: &capacity::Load| Load {
        pods: it.pods,
        requests: amounts(&it.requests),
        limits: amounts(&it.limits),
    };
    let range = |it: &capacity::Range| Range { floor: load(&it.floor), ceiling: load(&it.ceiling) };
    Pool {
        nodes: it.nodes.clone(),
        nature: it.nature.name(),
        before: range(&it.before),
        after: range(&it.after),
    }
}
