//! Shares of requests for versions without pods.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::Scale;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG482",
    name: "share-of-nobody",
    severity: Error,
    docs: "\
## What it finds
A version of a service that gets a share of the requests and has `scale: 0`.

## Why it matters
A gateway answers its share with an error: a Service without pods takes no requests from the others.

## Example
```yaml
services: { web: { rollout: { canary: { weights: { stable: 90, canary: 10 }, image: \"ghcr.io/example/web:2.0.0\", scale: 0 } } } }
```

## What to do
Give it a pod, or no share.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some((canary, weights)) = facts.resolved.canary(component) else { return };
    for (version, word, share) in [(component, "stable", weights.stable), (canary, "canary", weights.canary)]
    {
        let scale = facts.resolved.service(version).map(|it| &it.fields.scale);
        if share == 0 || !matches!(scale, Some(Scale::Fixed(0))) {
            continue;
        }
        let shares = component.route().join("rollout").join("canary").join("weights").join(word);
        sink.push(
            Diagnostic::at_value(
                &CODE,
                &version.route().join("scale"),
                format!("no pod answers {share} % of the requests"),
            )
            .also(At::Node(shares, Part::Value), "its share")
            .help(format!("give `{}` a pod, or `{word}: 0`", version.name)),
        );
    }
}
