//! Quotas that the namespace's own pods do not fit into.

use super::demand::{Demand, shown};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink};
use crate::model::{Name, Quantity, QuotaName};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG441",
    name: "quota-exceeded",
    severity: Error,
    docs: "\
## What it finds
A `quota` below what the pods of the namespace ask for in all, when every autoscaler is at its maximum: their number, their requests and their limits, with the defaults of the `limitRange`. As a warning: a quota that holds them, and not the largest further pod of a rollout. Of pods on every node, one is counted; of those that an operator makes, the ones of the tier itself.

## Why it matters
The pods over the quota are refused. An autoscaler then stops below its maximum, in the hour that it is for, and says so in events only; a rollout that cannot make its first pod waits for ever.

## Example
```yaml
namespaces: { app: { quota: { requests.cpu: 2 } } }
services: { web: { scale: { hpa: { min: 2, max: 10, cpu: 70 } }, resources: { requests: { cpu: 500m } } } }
```

## What to do
Raise the quota to the sum that the finding names, or lower the maximum of an autoscaler or the requests.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    for (key, namespace) in &resolved.stack.namespaces {
        if namespace.quota.is_empty() {
            continue;
        }
        let lives = |it: &Name| resolved.components.get(it).is_some_and(|it| it.namespace == *key);
        let operated = resolved.components.values().filter_map(|it| Demand::operated(resolved, it));
        let operated: Vec<Demand> = operated.collect();
        let demands: Vec<&Demand> =
            facts.seen.demands.iter().chain(&operated).filter(|it| lives(&it.component)).collect();
        for (name, hard) in &namespace.quota {
            one(facts, key, name, hard, &demands, sink);
        }
    }
}

/// One amount of a quota.
fn one(
    facts: &Facts<'_>,
    key: &Name,
    name: &QuotaName,
    hard: &Quantity,
    demands: &[&Demand],
    sink: &mut Sink,
) {
    let each = |it: &Demand| match (name.requests(), name.limits(), name.as_str()) {
        (Some(resource), ..) => it.each.requests.get(resource).copied().unwrap_or(0),
        (_, Some(resource), _) => it.each.limits.get(resource).copied().unwrap_or(0),
        (.., "pods") => 1000,
        _ => 0,
    };
    let all = |it: &Demand| each(it) * i128::from(it.pods);
    let total: i128 = demands.iter().map(|it| all(it)).sum();
    let further = demands.iter().filter(|it| it.surge > 0).max_by_key(|it| each(it));
    let more = further.map_or(0, |it| each(it));
    let hard = hard.milli();
    if total + more <= hard {
        return;
    }
    let resource = name.requests().or(name.limits()).unwrap_or_default();
    let shown = |it: i128| shown(resource, it);
    let at = Route::of(&["namespaces", key.as_str(), "quota", name.as_str()]);
    let known = |it: &Demand| facts.resolved.components[&it.component].route().clone();
    let mut found = if total > hard {
        let message = format!(
            "the pods of `{key}` need {} of `{name}` at their most, and the quota is {}",
            shown(total),
            shown(hard),
            name = name.as_str()
        );
        Diagnostic::at_value(&CODE, &at, message).note("the pods over the quota are refused")
    } else {
        let message = format!(
            "the pods of `{key}` need {} of `{}` at their most, and the quota of {} leaves no room for a rollout",
            shown(total),
            name.as_str(),
            shown(hard)
        );
        let mut found = Diagnostic::at_value(&CODE, &at, message)
            .note(format!("a rollout makes a pod before one goes, of up to {}", shown(more)));
        found.severity = Warning;
        found
    };
    let mut largest: Vec<&&Demand> = demands.iter().filter(|it| all(it) > 0).collect();
    largest.sort_by_key(|it| std::cmp::Reverse(all(it)));
    for it in largest.into_iter().take(3) {
        let text = if name.as_str() == "pods" {
            format!("{} pods", it.pods)
        } else {
            format!("{} × {} = {}", it.pods, shown(each(it)), shown(all(it)))
        };
        found = found.also(At::Node(known(it), Part::Key), text);
    }
    sink.push(found.help(format!("raise the quota to {}, or lower what asks for it", shown(total + more))));
}
