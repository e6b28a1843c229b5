//! Pods that are killed when they should be left alone.

use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG379",
    name: "same-probes",
    severity: Warning,
    docs: "\
## What it finds
A container whose liveness probe asks the same as its readiness probe and is no more patient.

## Why it matters
When the program is too busy to answer, it should get fewer requests, and is killed instead: so are the others that take its requests, one after the other.

## Example
```yaml
readinessProbe: { httpGet: { path: /health, port: http } }
livenessProbe: { httpGet: { path: /health, port: http } }
```

## What to do
Let liveness ask less than readiness, or give it a larger `failureThreshold`; or leave it out.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let [live, ready] = ["livenessProbe", "readinessProbe"].map(|it| container.spot.below(it));
        let asks = |probe: &Spot<'_>| {
            ["exec", "grpc", "httpGet", "tcpSocket"].map(|it| probe.below(it).value.clone())
        };
        // Defaults of Kubernetes: three failures, ten seconds apart.
        let patience = |probe: &Spot<'_>| {
            let number = |key: &str, default| probe.below(key).value.as_i64().unwrap_or(default);
            number("failureThreshold", 3) * number("periodSeconds", 10)
        };
        if live.is_written() && asks(&live) == asks(&ready) && patience(&live) <= patience(&ready) {
            sink.push(
                live.found(
                    &CODE,
                    format!("`{}` is killed for what should only keep requests away", container.name),
                )
                .also(ready.at(), "readiness asks the same")
                .help("let it ask less, be more patient, or leave it out"),
            );
        }
    }
}
