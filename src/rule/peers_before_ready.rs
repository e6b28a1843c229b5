//! StatefulSets whose pods wait for each other before they can meet.

use super::objects::{Container, Spot};
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG390",
    name: "peers-before-ready",
    severity: Warning,
    docs: "\
## What it finds
A StatefulSet of several pods with a readiness probe, whose containers are told the names of its pods (`db-1.db`), while its headless Service names ready pods only (the first pod is left out where they start one after the other: it waits for nobody); or whose program is ready only with most of its peers (CockroachDB, Consul, etcd, RabbitMQ), while its pods start one after the other (`podManagementPolicy: OrderedReady`, which is what no word means).

## Why it matters
It works for as long as some pods run. After an outage of all of them none is ready, so none has a name, or the second one never starts: the first waits for it. No restart mends that.

## Example
```yaml
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db } }      # and `db` has `args: [ --join=db-0.db,db-1.db,db-2.db ]`
```

## What to do
Give the Service `publishNotReadyAddresses: true`, and the StatefulSet `podManagementPolicy: Parallel` (which cannot be changed once it is there: delete it with `--cascade=orphan` and apply the new one).
",
};

/// Programs that are ready only with a quorum, by the last part of their image's name. What their makers write for Kubernetes
/// starts all pods at once: <https://www.rabbitmq.com/docs/cluster-formation#peer-discovery-k8s>,
/// <https://etcd.io/docs/v3.6/op-guide/kubernetes/>, the `StatefulSet` of `CockroachDB` and that of Consul's chart.
const OF_A_QUORUM: [&str; 4] = ["cockroach", "consul", "etcd", "rabbitmq"];

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let spec = object.root.below("spec");
    let Some(pods) = object.pods().filter(|_| object.is("apps", "StatefulSet")) else { return };
    let several = object.replicas().is_some_and(|it| it > 1);
    let containers: Vec<Container<'_>> = pods.containers();
    let probed = |it: &Spot<'_>| it.below("readinessProbe").is_written();
    if !several || !containers.iter().any(|it| probed(&it.spot)) {
        return;
    }
    let order = spec.below("podManagementPolicy");
    let at_once = order.text() == "Parallel";
    // The first container is what the pods are for: beside another program, Consul is the client of servers elsewhere.
    let main = pods.spec.below("containers").items().into_iter().next();
    let waiting = main.filter(probed).map(|it| program(&it)).filter(|it| OF_A_QUORUM.contains(it));
    if let Some(program) = waiting.filter(|_| !at_once) {
        let message = format!(
            "{} starts its pods one after the other, and `{program}` is ready only with its peers",
            object.title(),
        );
        sink.push(
            order
                .found(&CODE, message)
                .note("after an outage of all the first waits for the second, which does not start")
                .help("write `podManagementPolicy: Parallel`"),
        );
    }
    let service = spec.below("serviceName").text();
    let Some(service) = objects.find("", "Service", object.namespace, service) else { return };
    let hidden = service.root.below("spec.clusterIP").text() == "None"
        && !service.root.below("spec.publishNotReadyAddresses").is_true();
    // Pods that start one after the other find the first of them ready, and it starts alone.
    let first = spec.below("ordinals.start").value.as_u64().unwrap_or(0).to_string();
    let waits = |it: &str| at_once || it != first;
    let peer = containers.iter().find_map(|it| peer(it, object.name, service.name, waits));
    if let Some(peer) = peer.filter(|_| hidden) {
        let message = format!("the pods of {} have names here only when they are ready", object.title());
        sink.push(
            service
                .root
                .below("spec.publishNotReadyAddresses")
                .found(&CODE, message)
                .note(format!(
                    "its containers are told of `{peer}`, which nobody finds while all of them start"
                ))
                .help("write `publishNotReadyAddresses: true`"),
        );
    }
}

/// The last part of the name of a container's image.
fn program<'a>(container: &Spot<'a>) -> &'a str {
    let image = container.below("image").text();
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

/// The first name of a pod of a StatefulSet that a container is told, of pods whose number is among some.
fn peer(container: &Container<'_>, set: &str, service: &str, among: impl Fn(&str) -> bool) -> Option<String> {
    container.told().find_map(|text| {
        text.match_indices(&format!("{set}-")).find_map(|(at, start)| {
            let rest = &text[at + start.len()..];
            let digits = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
            let after = rest[digits..].strip_prefix('.')?.strip_prefix(service)?;
            let whole = |it: Option<char>| it.is_none_or(|it| !it.is_ascii_alphanumeric() && it != '-');
            let before = text[..at].chars().next_back();
            (digits > 0 && among(&rest[..digits]) && whole(before) && whole(after.chars().next()))
                .then(|| format!("{set}-{}.{service}", &rest[..digits]))
        })
    })
}
