//! StatefulSets whose pods wait for each other before they can meet.

use super::objects::Container;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG390",
    name: "peers-before-ready",
    severity: Warning,
    docs: "\
## What it finds
A StatefulSet of several pods with a readiness probe, whose containers are told the names of its pods (`db-1.db`), while its headless Service names ready pods only; or whose program is ready only with most of its peers (CockroachDB, Consul, etcd, RabbitMQ), while its pods start one after the other (`podManagementPolicy: OrderedReady`, which is what no word means).

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
    let probed = |it: &&Container<'_>| it.spot.below("readinessProbe").is_written();
    if !several || !containers.iter().any(|it| probed(&it)) {
        return;
    }
    let order = spec.below("podManagementPolicy");
    let waiting = containers.iter().filter(probed).find(|it| OF_A_QUORUM.contains(&program(it)));
    if let Some(it) = waiting.filter(|_| order.text() != "Parallel") {
        let message = format!(
            "{} starts its pods one after the other, and `{}` is ready only with its peers",
            object.title(),
            program(it)
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
    let peer = containers.iter().find_map(|it| peer(it, object.name, service.name));
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
fn program<'a>(container: &Container<'a>) -> &'a str {
    let image = container.spot.below("image").text();
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

/// The first name of a pod of a StatefulSet that a container is told.
fn peer(container: &Container<'_>, set: &str, service: &str) -> Option<String> {
    let spot = &container.spot;
    let [command, args] = ["command", "args"].map(|it| spot.below(it));
    let variables = spot.below("env").items();
    let values = variables.iter().map(|it| it.below("value").text());
    command.texts().chain(args.texts()).chain(values).find_map(|text| {
        text.match_indices(&format!("{set}-")).find_map(|(at, start)| {
            let rest = &text[at + start.len()..];
            let digits = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
            let after = rest[digits..].strip_prefix('.')?.strip_prefix(service)?;
            let whole = |it: Option<char>| it.is_none_or(|it| !it.is_ascii_alphanumeric() && it != '-');
            let before = text[..at].chars().next_back();
            (digits > 0 && whole(before) && whole(after.chars().next()))
                .then(|| format!("{set}-{}.{service}", &rest[..digits]))
        })
    })
}
