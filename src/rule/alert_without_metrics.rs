//! Alerts that nothing can set off.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink};
use crate::model::{AlertName, Collector};
use crate::stateful::{Reading, Tier};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG470",
    name: "alert-without-metrics",
    severity: Warning,
    docs: "\
## What it finds
`alerts` where no Prometheus Operator collects metrics, and an alert that the stack tunes although nobody collects what it goes by: `ReplicationLag` without a tier that shows it, `MetricsDown` where nothing shows metrics.

## Why it matters
No `PrometheusRule` is made, or none with that alert. Everything stays quiet, and that looks like health.

## Example
```yaml
observability:
  metrics: { by: prometheus, with: annotations }
  alerts: { runbooks: https://runbooks.example.com }     # nobody reads a PrometheusRule here
```

## What to do
Write `metrics: { by: …, with: prometheus-operator }`, or remove `alerts`. For `ReplicationLag`, run PostgreSQL with `backend: operator` and several replicas; elsewhere remove the entry. docs/observability.md says which alert goes by which metric.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(observability) = &resolved.stack.observability else { return };
    let Some(alerts) = &observability.alerts else { return };
    let at = Route::of(&["observability", "alerts"]);
    match &observability.metrics {
        None => {
            let found = Diagnostic::at_key(&CODE, &at, "nobody collects the metrics that alerts go by");
            sink.push(
                found.help("add `metrics: { by: NAME, with: prometheus-operator }`, or remove `alerts`"),
            );
            return;
        }
        Some(it) if it.with == Collector::Annotations => {
            let with = Route::of(&["observability", "metrics", "with"]);
            let message = "who collects by annotations reads no `PrometheusRule`";
            sink.push(
                Diagnostic::at_key(&CODE, &at, message)
                    .also(At::Node(with, Part::Value), "collected by annotations")
                    .help("write `with: prometheus-operator`, or remove `alerts`"),
            );
            return;
        }
        Some(_) => {}
    }
    let mut unread = |name: AlertName, message: &str, help: &str| {
        let tuned = alerts.rules.0.get(&name).is_some_and(Option::is_some);
        if tuned {
            let at = at.join("rules").join(name.as_str());
            sink.push(Diagnostic::at_key(&CODE, &at, message).help(help));
        }
    };
    let mut components = resolved
        .components
        .values()
        .filter(|it| resolved.collected(it).is_some_and(|it| it.with == Collector::Operator));
    if components.clone().next().is_none() {
        unread(
            AlertName::MetricsDown,
            "no component shows metrics",
            "give a service `metrics`, or remove the alert",
        );
    }
    let lags = |it: &Reading| matches!(it, Reading::Lag(_));
    if !components.any(|it| resolved.tier(it).map(Tier::readings).unwrap_or_default().iter().any(lags)) {
        unread(
            AlertName::ReplicationLag,
            "no tier shows how far its standbys are behind",
            "remove the alert; a PostgreSQL tier with `backend: operator` and several replicas shows it",
        );
    }
}
