//! Jobs after a rollout that nobody watches.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::Moment;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG457",
    name: "after-rollout-without-tool",
    severity: Error,
    docs: "\
## What it finds
A job that runs `after-rollout`, where `gitops` names no tool.

## Why it matters
A Job that is applied with everything else starts with everything else: nobody waits until the rest is healthy.

## Example
```yaml
jobs: { smoke: { uses: [ api ], run: after-rollout } }
```

## What to do
Name the tool that applies the stack under `gitops`: `argocd`, `flux` or `helm`. Where one environment has none, remove the job there: `jobs: { smoke: null }`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let after = |it: &crate::model::Job| matches!(it.fields.run, Moment::After);
    if facts.resolved.stack.gitops.is_some() || !facts.resolved.job(component).is_some_and(after) {
        return;
    }
    sink.push(
        Diagnostic::at_value(
            &CODE,
            &component.route().join("run"),
            format!("nothing starts `{}` after the rollout", component.name),
        )
        .note("`gitops` names no tool that would wait until the rest is healthy")
        .help("name `argocd`, `flux` or `helm` under `gitops`, or remove the job from this environment"),
    );
}
