//! Probes that nothing runs.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink, and_list};
use crate::model::Action;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG554",
    name: "probe-without-program",
    severity: Warning,
    docs: "\
## What it finds
A probe of the kinds `http`, `tcp` or `grpc` in a Compose project that has no `probes` image: it does not run.

## Why it matters
Health checks of Compose are commands in the container, and nothing is known of the programs that its image has. What uses the component starts as soon as it runs, whether it answers or not.

## Example
```yaml
environments: { dev: { target: compose } }     # and services: { web: { probes: { readiness: { http: /ready, port: http } } } }
```

## What to do
Give `compose: { probes: busybox:1.37.0-musl }`, whose program is then put beside each; or probe by `exec`, with a program that the image has.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    if !resolved.is_compose() || resolved.stack.compose.probes.is_some() {
        return;
    }
    let mut found = Vec::new();
    for component in resolved.components.values() {
        for one in resolved.containers(component) {
            let mut all = one.container.probes.iter().flat_map(|it| it.all());
            if let Some((key, _)) = all.find(|(_, it)| !matches!(it.action, Action::Exec(_))) {
                found.push((one.at().join("probes").join(key), one.name.as_str()));
            }
        }
    }
    let Some((at, _)) = found.first() else { return };
    let names = and_list(found.iter().map(|(_, name)| *name));
    let message = format!("nothing runs the probes of {names}: nobody waits until they answer");
    sink.push(
        Diagnostic::at_key(&CODE, at, message)
            .note("Compose runs health checks in the container, and nothing is known of the programs in its image")
            .help("write `compose: { probes: busybox:1.37.0-musl }`: its program is put beside each; or probe by `exec`"),
    );
}
