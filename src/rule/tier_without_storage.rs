//! Replicas that keep nothing.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::Volume;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG333",
    name: "tier-without-storage",
    severity: Warning,
    docs: "\
## What it finds
A custom tier whose pods replicate or vote, with neither `storage` nor a volume that is a `claim`.

## Why it matters
A pod that restarts has lost its copy, and a pod that votes has forgotten what it voted for: engines built on a majority then lose what they had confirmed, or do not come back at all.

## Example
```yaml
stateful: { bus: { kind: custom, image: nats:2.11, replicas: 3, quorum: true } }
```

## What to do
Add `storage` and `mountPath`. Where the engine keeps everything in memory on purpose, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let (Some(_), Some((_, pod))) = (facts.resolved.tier(component), facts.resolved.pod(component)) else {
        return;
    };
    let at = component.route();
    let is_set = |key: &&str| {
        let written = facts.document.find(&at.join(key)).and_then(|it| it.as_scalar());
        written.is_some_and(|it| it.text.eq_ignore_ascii_case("true"))
    };
    let Some(key) = ["quorum", "replicates"].into_iter().find(is_set) else { return };
    let claims = pod.volumes.values().any(|it| matches!(it, Volume::Claim(_)));
    if claims || facts.document.find(&at.join("storage")).is_some() {
        return;
    }
    let what = if key == "quorum" { "vote" } else { "replicate" };
    sink.push(
        Diagnostic::at_key(&CODE, &at.join(key), format!("pods that {what} keep nothing over a restart"))
            .note("a pod that starts anew has lost its copy, and all pods start anew with a node pool")
            .help("add `storage` and `mountPath`"),
    );
}
