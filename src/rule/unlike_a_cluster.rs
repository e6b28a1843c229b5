//! What a Compose project does otherwise, said once.

use super::{Check, Facts, Rule};
use crate::compose::order::{Order, is_scheduled};
use crate::diag::{Code, Diagnostic, Route, Severity::Info, Sink, and_list};
use crate::model::{Action, HostPorts, Topology};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG555",
    name: "unlike-a-cluster",
    severity: Info,
    docs: "\
## What it finds
What a Compose project does otherwise than a cluster, once: services and tiers that run once and several times elsewhere, containers beside others, probes by gRPC, jobs on a schedule, permissions of the Kubernetes API, components that use each other in a circle, and brokers that `hostPorts: any` or `topology: full` keeps from clients on the host.

## Why it matters
What works in the project may still fail on a cluster: what is in the memory of one pod is not in that of another.

## Example
```yaml
environments: { dev: { target: compose } }     # and services: { web: { scale: 3 } }
```

## What to do
Nothing; know it. `topology: full` runs tiers with all their nodes.
",
};

/// The engines whose clients call the addresses that the server names.
const TELLS_ADDRESSES: [&str; 2] = ["kafka", "redpanda"];

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    if !resolved.is_compose() {
        return;
    }
    let all = || resolved.components.values();
    let full = resolved.stack.compose.topology == Topology::Full;
    let several = |it: &&Component| {
        let alone = full && resolved.tier(it).is_some();
        !alone && resolved.job(it).is_none() && facts.fewest_pods(it).is_none_or(|it| it > 1)
    };
    let beside = |it: &&Component| resolved.pod(it).is_some_and(|(_, pod)| !pod.sidecars.is_empty());
    let by_grpc = |it: &&Component| {
        let probes =
            resolved.containers(it).flat_map(|it| it.container.probes.iter().flat_map(|it| it.all()));
        probes.map(|(_, it)| it).any(|it| matches!(it.action, Action::Grpc(_)))
    };
    let asks = |it: &&Component| resolved.pod(it).is_some_and(|(_, pod)| pod.token());
    let named = |what: &dyn Fn(&&Component) -> bool| {
        all().filter(|it| what(it)).map(|it| it.name.as_str()).collect::<Vec<_>>()
    };
    let mut notes = Vec::new();
    let mut note = |names: Vec<&str>, said: &str| {
        if !names.is_empty() {
            notes.push(format!("{}: {said}", and_list(names.iter().copied())));
        }
    };
    note(named(&several), "once here, several times on a cluster");
    note(named(&beside), "what runs beside the main container starts after it");
    if resolved.stack.compose.probes.is_some() {
        note(
            named(&by_grpc),
            "healthy as soon as something listens: nothing here speaks the health protocol of gRPC",
        );
    }
    note(named(&|it| is_scheduled(resolved, it)), "started by nothing but `docker compose run NAME`");
    note(named(&asks), "there is no Kubernetes API that answers");
    let compose = &resolved.stack.compose;
    let tells = |it: &&Component| {
        (full || compose.host_ports == HostPorts::Any)
            && compose.publish.contains_key(&it.name)
            && resolved.engine(it).is_some_and(|it| TELLS_ADDRESSES.contains(&it.kind()))
    };
    note(
        named(&tells),
        "tells its clients where to call it, which the host does not know with `hostPorts: any` or `topology: full`: call it from a container",
    );
    let order = Order::of(resolved);
    let pairs: Vec<String> = order.circles.iter().map(|(from, to, _)| format!("{from} for {to}")).collect();
    if !pairs.is_empty() {
        notes.push(format!("does not wait, because they use each other: {}", pairs.join(", ")));
    }
    if notes.is_empty() {
        return;
    }
    let message = "this is not as on a cluster";
    let found = Diagnostic::at_key(&CODE, &Route::of(&["compose"]), message);
    sink.push(notes.into_iter().fold(found, Diagnostic::note));
}
