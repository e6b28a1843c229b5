//! Jobs that run before what they use is there.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Moment, Store};
use crate::resolve::{Component, Delivery, Hook, Phase};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG451",
    name: "job-before-its-target",
    severity: Error,
    docs: "\
## What it finds
A job before a rollout that uses what is not there yet: with Argo CD or Flux a component that waits for another such job; with Helm any component of the stack, and any secret that an operator has to fetch first. The ServiceAccount of such a component is not there either.

## Why it matters
Argo CD and Flux bring everything in two steps: what jobs need, then the jobs, then what waits for one. Helm runs its hooks before the first object of the chart is there. The job would fail until it is given up, and the rollout with it.

## Example
```yaml
gitops: { helm: {} }
stateful: { db: { kind: postgres, … } }
jobs: { migrate: { uses: [ db ], run: { before-rollout: [ api ] } } }
```

## What to do
With Argo CD and Flux, let one job do the work of both, or let the second run `after-rollout`. With Helm, give the tier to a chart of its own and name it under `externals`, and let Secrets be there before the chart (`existing`); or leave the tool out: the job then runs first in the pods that wait for it.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(job) = resolved.job(component) else { return };
    let helm = match resolved.delivery(component) {
        _ if !matches!(job.fields.run, Moment::Before(_)) => return,
        Some(Delivery::Hook(Hook::Helm)) => true,
        Some(Delivery::Hook(Hook::ArgoCd) | Delivery::Applied) => false,
        Some(Delivery::Gate | Delivery::Scheduled) | None => return,
    };
    if resolved.circle(component).is_some() {
        return;
    }
    for name in job.common.uses.0.keys() {
        let Some(target) = resolved.components.get(name) else { continue };
        if !helm && target.phase != Phase::Rollout {
            continue;
        }
        let at = component.route().join("uses").join(name.as_str());
        let found =
            Diagnostic::at_value(&CODE, &at, format!("`{}` runs before `{name}` is there", component.name));
        sink.push(if helm {
            found.note("Helm runs hooks before it makes the first object of a chart").help(format!(
                "name `{name}` under `externals` and give it to another chart, or leave `gitops.helm` out"
            ))
        } else {
            let other = target.waits_for.first();
            let found = match other.and_then(|it| resolved.components.get(it)) {
                Some(other) => found.also(
                    At::Node(other.route().join("run"), Part::Key),
                    format!("`{name}` waits for this job"),
                ),
                None => found,
            };
            found
                .note(format!("what waits for a job comes after all jobs, and `{name}` is of that"))
                .help("let one job do the work of both, or let this one run `after-rollout`")
        });
    }
    let brings = |it: &&Component| {
        it.brings_account
            && it.name != component.name
            && (&it.namespace, &it.service_account) == (&component.namespace, &component.service_account)
    };
    let bringer = resolved.components.values().find(brings);
    if let Some(other) = bringer.filter(|it| helm || it.phase == Phase::Rollout) {
        let message = format!("`{}` runs before its ServiceAccount is there", component.name);
        sink.push(
            Diagnostic::at_value(&CODE, &component.route().join("serviceAccount"), message)
                .also(At::Node(other.route().clone(), Part::Key), "it comes with this component")
                .help("leave `serviceAccount` out: the job then brings one of its own"),
        );
    }
    for name in resolved.secrets_of(component).into_iter().filter(|_| helm) {
        let Some((_, _, Some(store))) = resolved.secret(name) else { continue };
        if matches!(store, Store::Existing(_) | Store::VaultAgent(_)) {
            continue;
        }
        let message = format!("`{}` runs before its secret `{name}` is fetched", component.name);
        sink.push(
            Diagnostic::at_key(&CODE, component.route(), message)
                .also(At::Node(Route::of(&["secrets", name.as_str()]), Part::Key), "declared here")
                .note("Helm runs hooks before it makes the first object of a chart")
                .help("let the Secret be there before the chart: a store `existing`; or leave `gitops.helm` out"),
        );
    }
}
