//! Pods that vote, and a zone that takes a majority of them along.

use super::pools::{Pools, declared, domains, zones};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Info, Severity::Warning, Sink};
use crate::k8s::labels::ZONE;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG348",
    name: "quorum-in-one-zone",
    severity: Warning,
    docs: "\
## What it finds
A tier whose pods vote, on pools of `cluster.nodePools` in so few zones that one of them holds a majority, or half, of the voters, however they are spread (nodes are in no more zones than there are nodes); or in enough zones, with nothing that spreads the pods over them. Where the whole cluster is in one zone, it is said and no more: nothing outlives that zone. Pools without `zones` are not judged, nor pods that an operator makes.

## Why it matters
A quorum is more than half. Of three voters in two zones, two are in one: when that zone goes, the one that is left neither writes nor elects, and the second zone has gained nothing.

## Example
```yaml
cluster: { nodePools: { storage: { zones: [a, b] } } }
stateful: { bus: { kind: nats, replicas: 3, storage: 10Gi } }
```

## What to do
Have nodes in three zones, and `spread: [hostname, zone]` for the pods. A third zone need not be large: one voter is enough there.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let pools = Pools::of(facts);
    let whole = domains(&pools.all(), ZONE).is_some_and(|it| it < 2);
    for pods in &facts.seen.placed {
        let Some(voters) = pods.votes else { continue };
        let spots = pools.spots(&pods.spec);
        let Some(all) = zones(&spots).filter(|it| !it.is_empty()) else { continue };
        let number = domains(&spots, ZONE).and_then(|it| u32::try_from(it).ok()).unwrap_or(u32::MAX).max(1);
        let (fullest, majority) = (voters.div_ceil(number), voters / 2 + 1);
        let names: Vec<String> = all.iter().map(|it| format!("`{it}`")).collect();
        let left = voters - fullest;
        let (message, note) = if left < majority {
            let message = if number == 1 {
                let zone = if names.len() == 1 { "" } else { "one of " };
                format!("all {voters} voters of {} stand in one zone, {zone}{}", pods.title, names.join(", "))
            } else {
                format!("at least {fullest} of the {voters} voters of {} stand in one zone", pods.title)
            };
            let left = if left == 0 { "none".to_owned() } else { left.to_string() };
            (message, format!("a quorum is {majority}; without that zone, {left} of them can vote"))
        } else if pods.spreads(ZONE) {
            continue;
        } else {
            let message = format!("the {voters} voters of {} may all stand in one zone", pods.title);
            (message, format!("nothing spreads them over {}", names.join(", ")))
        };
        let mut found =
            Diagnostic::new(&CODE, pods.at(facts, &[&["affinity"], &["replicas"]]), message).note(note);
        for spot in &spots {
            let key = spot.decisive(ZONE);
            let text =
                if key == "nodes" { "no more zones than nodes" } else { "the zones that the pods may be in" };
            let at = declared(spot.name).join(key);
            let at = Some(at).filter(|it| facts.is_written(it)).unwrap_or_else(|| declared(spot.name));
            found = found.also(At::Node(at, Part::Key), text);
        }
        if whole {
            found.severity = Info;
        }
        sink.push(found.help(if left < majority {
            "let them run on nodes in three zones, with `spread: zone`"
        } else {
            "say `spread: [hostname, zone]` in their `affinity`"
        }));
    }
}
