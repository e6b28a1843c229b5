//! Rollouts for a controller that is not there.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Expose, Version};
use crate::resolve::Component;

/// Plugins for traffic came with Argo Rollouts 1.5 (its release notes).
const PLUGINS_SINCE: Version = Version::new(1, 5);

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG485",
    name: "rollouts-undeclared",
    severity: Error,
    docs: "\
## What it finds
`rollout: { canary: { steps: … } }` or `{ blue-green: { promotion: … } }` without `cluster: { argo-rollouts: … }`; or one that is split by a gateway, with a release before 1.5, which has no plugins.

## Why it matters
The service becomes a `Rollout`. Without the controller that is refused, or lies there and no pod comes; without the plugin the weights of the route never change.

## Example
```yaml
cluster: { kubernetes: \"1.34\" }
services: { web: { rollout: { blue-green: { promotion: manual } } } }
```

## What to do
Install Argo Rollouts (and its plugin for the Gateway API, where a gateway shares requests out) and say its release; or let each step be a commit: `weights`, or `active` with the two colours.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(rollout) = resolved.rollout(component).filter(|_| resolved.is_stepped(component)) else {
        return;
    };
    let at = component.route().join("rollout");
    let (at, instead) = if rollout.stepped().is_some() {
        (at.join("canary").join("steps"), "or write `weights`: each step is then a commit")
    } else {
        (
            at.join("blue-green").join("promotion"),
            "or write `active`, `blue` and `green`: changing over is then a commit",
        )
    };
    let Some(release) = resolved.stack.cluster.argo_rollouts else {
        sink.push(
            Diagnostic::at_key(&CODE, &at, "this needs Argo Rollouts, which the cluster does not have")
                .help("say its release: `cluster: { argo-rollouts: \"1.8\" }`")
                .help(instead),
        );
        return;
    };
    let gateway = rollout.stepped().and(resolved.exposure(component)).and_then(Expose::gateway);
    if gateway.is_some() && release < PLUGINS_SINCE {
        let declared = Route::of(&["cluster", "argo-rollouts"]);
        sink.push(
            Diagnostic::at_value(
                &CODE,
                &declared,
                format!("Argo Rollouts {release} cannot share out what a gateway brings"),
            )
            .also(At::Node(at, Part::Key), "needed here")
            .help(format!("its plugin for the Gateway API needs {PLUGINS_SINCE}")),
        );
    }
}
