//! Disruption budgets that let no pod go.

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::{CountOrPercent, Disruption, Scale};
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG321",
    name: "budget-blocks-drain",
    severity: Error,
    docs: "\
## What it finds
A disruption budget that no drain can satisfy at the fewest pods that the component runs: `minAvailable` of all of them (a percentage is rounded up, as Kubernetes does), or `maxUnavailable` of none.

## Why it matters
`kubectl drain` asks for the pod's eviction and is refused for ever, so the node can be neither updated nor removed. An autoscaler at its floor is the usual case: the budget was right for more pods. Where the floor is 0, what counts is the first pod that comes.

## Example
```yaml
services: { web: { scale: 2, disruption: { minAvailable: 75% } } }      # 75 % of 2 pods are 2 pods
```

## What to do
Give `maxUnavailable: 1`, or leave `disruption` out: stackgen derives a budget that leaves a pod to take. Where somebody must be asked before a pod goes, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(disruption) = facts.resolved.common(component).disruption else { return };
    let Some(fewest) = facts.fewest_pods(component) else { return };
    let (key, amount, stay) = match disruption {
        Disruption::MinAvailable(it) => ("minAvailable", it, pods(it, fewest)),
        Disruption::MaxUnavailable(it) => ("maxUnavailable", it, fewest.saturating_sub(pods(it, fewest))),
    };
    if fewest == 0 || stay < fewest {
        return;
    }
    let at = component.route().join("disruption").join(key);
    let message =
        format!("`{key}: {amount}` of {fewest} {} lets none go", if fewest == 1 { "pod" } else { "pods" });
    let mut found = Diagnostic::at_value(&CODE, &at, message);
    if let CountOrPercent::Percent(share) = amount {
        let number = pods(amount, fewest);
        found = found.note(format!("{share} % of {fewest} is {number}: Kubernetes rounds up"));
    }
    match facts.resolved.service(component).map(|it| &it.fields.scale) {
        Some(scale) if scale.floor() == Some(0) => {
            found = found.note("at 0 pods it protects nothing, and of the first that comes it lets none go");
        }
        Some(Scale::Hpa(hpa)) => found = found.note(most(disruption, amount, hpa.max)),
        Some(Scale::Keda(keda)) => found = found.note(most(disruption, amount, keda.max)),
        _ => {}
    }
    if let Some(scale) = facts.fewest_pods_at(component) {
        found = found.also(At::Node(scale, Part::Value), "the fewest pods");
    }
    let help = match disruption {
        Disruption::MinAvailable(_) if fewest == 1 => "remove the budget, or run a second pod",
        _ => "write `maxUnavailable: 1`, or leave `disruption` out",
    };
    sink.push(found.note("a drain of its node waits for ever").help(help));
}

/// How many may go when the autoscaler is at its ceiling.
fn most(disruption: Disruption, amount: CountOrPercent, max: u32) -> String {
    let free = match disruption {
        Disruption::MinAvailable(_) => max.saturating_sub(pods(amount, max)),
        Disruption::MaxUnavailable(_) => pods(amount, max).min(max),
    };
    match free {
        0 => format!("nor of the most, {max}"),
        _ => format!("of the most, {max}, it lets {free} go"),
    }
}

/// Kubernetes rounds both percentages of a budget up (`k8s.io/kubernetes/pkg/controller/disruption`).
fn pods(amount: CountOrPercent, of: u32) -> u32 {
    match amount {
        CountOrPercent::Count(it) => it,
        CountOrPercent::Percent(it) => {
            let rounded_up = (u64::from(of) * u64::from(it)).div_ceil(100);
            u32::try_from(rounded_up).expect("at most 100 % of a u32")
        }
    }
}

fn written(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if !object.is("policy", "PodDisruptionBudget") {
        return;
    }
    let spec = object.root.below("spec");
    let selector = spec.below("selector").selector().unwrap_or_default();
    let mut scaled = objects.taken(object.namespace, &selector);
    let fewest = scaled.find_map(|it| u32::try_from(objects.fewest(it)?).ok());
    for key in ["minAvailable", "maxUnavailable"] {
        let at = spec.below(key);
        let count = |it: u64| u32::try_from(it).ok().map(CountOrPercent::Count);
        let amount = at.value.as_u64().and_then(count).or_else(|| CountOrPercent::parse(at.text()).ok());
        let Some(amount) = amount else { continue };
        let blocks = match (key, fewest) {
            ("minAvailable", Some(fewest)) => fewest > 0 && pods(amount, fewest) >= fewest,
            ("minAvailable", None) => amount == CountOrPercent::Percent(100),
            _ => amount.is_zero(),
        };
        if blocks {
            let of = fewest.map_or_else(
                || "any pods".to_owned(),
                |it| format!("{it} {}", if it == 1 { "pod" } else { "pods" }),
            );
            let found = at.found(&CODE, format!("`{key}: {amount}` of {of} lets none go"));
            sink.push(found.note("a drain of its node waits for ever").help("write `maxUnavailable: 1`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_up() {
        let percent = |share, of| pods(CountOrPercent::Percent(share), of);
        assert_eq!((percent(50, 3), percent(51, 2), percent(1, 1), percent(0, 9)), (2, 2, 1, 0));
        assert_eq!(percent(100, u32::MAX), u32::MAX);
        assert_eq!(pods(CountOrPercent::Count(7), 2), 7);
    }
}
