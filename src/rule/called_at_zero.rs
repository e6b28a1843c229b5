//! Services that are called while they have no pods.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Warning, Sink};
use crate::model::{Duration, Expose, Probe, Scale};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG363",
    name: "called-at-zero",
    severity: Warning,
    docs: "\
## What it finds
A service that KEDA takes down to 0 pods, and that others use or that is open to the outside.

## Why it matters
A Service without pods refuses connections, and a refused connection wakes nobody: only a trigger does. Even where a trigger counts the calls, the first of them must wait until KEDA asks again and a pod is ready.

What the stack says of that time is in the report: `pollingInterval`, and what the probes of the main container wait before they let a pod have traffic. How long a node needs to get the image and start the program is not checked, and how long callers wait only where a route says so.

## Example
```yaml
services: { api: { scale: { keda: { min: 0, … } } }, web: { uses: [api] } }
```

## What to do
Write `min: 1`. Where callers try again until a pod is there, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    let Scale::Keda(keda) = &service.fields.scale else { return };
    if service.fields.scale.floor() != Some(0) {
        return;
    }
    let edge = component.used_by.first().map(|it| &facts.resolved.edges[*it]);
    let called = match (edge, &service.fields.expose) {
        (Some(edge), _) => (edge.at.clone(), format!("`{}` calls it", edge.from)),
        (None, Some(_)) => (component.route().join("expose"), "requests come in here".to_owned()),
        (None, None) => return,
    };
    let at = component.route().join("scale").join("keda");
    let at = at.join(if keda.idle.is_some() { "idle" } else { "min" });
    let message = format!("`{}` has no pods at times, and is called", component.name);
    let place = if edge.is_some() { Part::Value } else { Part::Key };
    let (asked, ready) = (keda.polling.seconds(), ready(facts, component));
    let mut found = Diagnostic::at_value(&CODE, &at, message)
        .also(At::Node(called.0, place), called.1)
        .note("a Service without pods refuses connections, and that wakes nobody: only a trigger does")
        .note(format!(
            "KEDA asks every {asked} s, and a pod has traffic {ready} s after its start at the earliest; how long it takes to start is not checked"
        ));
    let least = asked.saturating_add(ready);
    if let Some(timeout) = service.fields.expose.as_ref().and_then(timeout).filter(|it| *it <= least) {
        found = found.note(format!("requests of its route end after {timeout} s"));
    }
    sink.push(found.help("write `min: 1`, or accept it where callers try again"));
}

/// Seconds from the start of a pod until it may have traffic, as far as the stack says.
fn ready(facts: &Facts<'_>, component: &Component) -> u64 {
    let probes = facts.resolved.container(component).and_then(|it| it.probes.as_ref());
    let delay = |it: &Option<Probe>| {
        let seconds = it.as_ref().and_then(|it| it.fields.initial_delay);
        seconds.and_then(|it| u64::try_from(it).ok()).unwrap_or(0)
    };
    probes.map_or(0, |it| delay(&it.startup).max(delay(&it.readiness)))
}

/// The shortest time in seconds that a route gives a request, where it says one.
fn timeout(expose: &Expose) -> Option<u64> {
    let Expose::Http(http) = expose else { return None };
    http.paths.values().filter_map(|it| it.timeout.as_ref()).map(Duration::seconds).min()
}
