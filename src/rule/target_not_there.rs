//! Autoscalers of nothing.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink, nearest};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG371",
    name: "target-not-there",
    severity: Warning,
    docs: "\
## What it finds
A HorizontalPodAutoscaler, ScaledObject or VerticalPodAutoscaler whose target is not among the objects that were given.

## Why it matters
It says so in its status only, and nothing is ever scaled. Most often the workload was renamed.

## Example
```yaml
kind: HorizontalPodAutoscaler
spec: { scaleTargetRef: { kind: Deployment, name: www }, maxReplicas: 4 }   # the Deployment is called web
```

## What to do
Name what is there; the kind counts as well. Where it comes from elsewhere, check both together.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some((name, (group, kind, _))) = object.target() else { return };
    if objects.find(group, kind, object.namespace, name.text()).is_none() {
        let message = format!("there is no {kind} `{}` to scale", name.text());
        let others = objects.of(group, kind, object.namespace).map(|it| it.name);
        let found = name.found(&CODE, message).note("nothing is scaled, and only its status says so");
        sink.push(match nearest(name.text(), others) {
            Some(near) => found.help(format!("there is one called `{near}`")),
            None => found.help("name what is there, or check both together"),
        });
    }
}
