//! Spreads that are none.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG378",
    name: "spread-refused",
    severity: Error,
    docs: "\
## What it finds
An entry of `topologySpreadConstraints` that the API server refuses (`maxSkew` or `minDomains` below 1, no `topologyKey`, an unknown `whenUnsatisfiable`), or one without `labelSelector`, which counts no pods.

## Why it matters
The pods are refused; or they are spread over nothing, and nobody notices until a zone is gone.

## Example
```yaml
topologySpreadConstraints: [ { maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule } ]   # no labelSelector
```

## What to do
Write all four: `maxSkew`, `topologyKey`, `whenUnsatisfiable` and `labelSelector`.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for one in pods.spec.below("topologySpreadConstraints").items() {
        let number = |key: &str| one.below(key).value.as_i64();
        let (key, why) = if number("maxSkew").is_none_or(|it| it < 1) {
            ("maxSkew", "is at least 1")
        } else if number("minDomains").is_some_and(|it| it < 1) {
            ("minDomains", "is at least 1")
        } else if one.below("topologyKey").text().is_empty() {
            ("topologyKey", "says what is spread over")
        } else if !matches!(one.below("whenUnsatisfiable").text(), "DoNotSchedule" | "ScheduleAnyway") {
            ("whenUnsatisfiable", "is `DoNotSchedule` or `ScheduleAnyway`")
        } else if !one.below("labelSelector").is_written() {
            ("labelSelector", "says which pods are counted")
        } else {
            continue;
        };
        sink.push(
            one.below(key)
                .found(&CODE, format!("the pods are not spread: `{key}` {why}"))
                .help(format!("write `{key}`")),
        );
    }
}
