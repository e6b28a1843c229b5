//! Pods that come for what they do not use.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::{Scale, Trigger};
use crate::resolve::{Component, Target};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG362",
    name: "trigger-without-edge",
    severity: Warning,
    docs: "\
## What it finds
A trigger of KEDA on the messages or entries of a tier that the service does not use.

## Why it matters
Pods come when something waits there, and the network policies do not let them fetch it: it waits on, and ever more pods come.

## Example
```yaml
services: { worker: { scale: { keda: { triggers: { pending: { kafka: { from: kafka } } } } } } }      # no uses: [kafka]
```

## What to do
Add the tier to `uses`. Where something else empties it, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(Scale::Keda(keda)) = facts.resolved.service(component).map(|it| &it.fields.scale) else {
        return;
    };
    let used = |from| {
        let mut edges = component.uses.iter().map(|it| &facts.resolved.edges[*it]);
        edges.any(|it| matches!(&it.to, Target::Component(to) | Target::External(to) if to == from))
    };
    for (name, trigger) in &keda.triggers {
        // What a query counts may well be elsewhere.
        let emptied = !matches!(trigger, Trigger::Postgres(_) | Trigger::Prometheus(_) | Trigger::Cron(_));
        let Some(from) = trigger.from().filter(|it| emptied && !used(*it)) else { continue };
        let at = component.route().join("scale").join("keda").join("triggers").join(name.as_str());
        let message =
            format!("pods come for what waits in `{from}`, which `{}` does not use", component.name);
        sink.push(
            Diagnostic::at_value(&CODE, &at.join(trigger.word()).join("from"), message)
                .note("the network policies let pods reach what they use")
                .help(format!("add `{from}` to `uses`")),
        );
    }
}
