//! Pods that must be apart, and fewer places than pods.

use super::placed::{Ahead, Number, Placed};
use super::pools::{Pools, Spot, declared, domains};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Severity::Warning, Sink};
use crate::k8s::labels::{HOSTNAME, ZONE};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG347",
    name: "separation-without-room",
    severity: Error,
    docs: "\
## What it finds
Pods that may not share a node or a zone (`separate`, required anti-affinity), and more of them than nodes or zones in the pools of `cluster.nodePools` that they may run on, which are in no more zones than they have nodes: an error at the fewest pods, a warning at the most that an autoscaler makes. Also a rollout that makes pods before others go, and nowhere to put them: one, where none may be away (of three, 25 % is none), or as many as there are (blue-green, or a canary whose requests are shared out); and a spread with `whenUnsatisfiable: DoNotSchedule` and more `minDomains` than there are. Pools without `nodes`, or without `zones`, are not judged, nor rollouts of pods that an operator makes.

## Why it matters
The pods without a place wait for ever. In a rollout it is the first new pod that waits, so nothing is ever replaced.

## Example
```yaml
cluster: { nodePools: { storage: { nodes: 2 } } }
affinity: { data: { separate: hostname } }
stateful: { db: { kind: mongodb, affinity: data, replicas: 3, storage: 20Gi } }
```

## What to do
Declare as many nodes as there are pods, and one more for a rollout; run fewer pods; let a rollout take one first (`rollout: { maxSurge: 0, maxUnavailable: 1 }`); or ask for a `spread`, which puts up with what there is.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let pools = Pools::of(facts);
    for pods in &facts.seen.placed {
        let Number::Kept { least, most } = pods.number else { continue };
        let spots = pools.spots(&pods.spec);
        if spots.is_empty() {
            continue;
        }
        let judge = Judge { facts, pods, spots: &spots, least, most };
        for (domain, word) in [(HOSTNAME, "node"), (ZONE, "zone")] {
            if let Some(places) = domains(&spots, domain).filter(|_| pods.apart(domain)) {
                let why = format!("no two of them may share a {word}");
                let ahead = if pods.versions_apart(domain) { pods.ahead } else { Ahead::Nothing };
                judge.hold(domain, places, &why, ahead, sink);
            }
            for it in pods.constraints().filter(|it| it.topology_key == domain) {
                let counted = domains(&pools.counted(&pods.spec, it), domain);
                let least = it.min_domains.and_then(|it| u64::try_from(it).ok());
                let (Some(wanted), Some(counted), Some(places)) = (least, counted, domains(&spots, domain))
                else {
                    continue;
                };
                if it.when_unsatisfiable != "DoNotSchedule" || counted >= wanted {
                    continue;
                }
                // With too few domains the fewest pods of a domain count as none.
                let skew = u64::try_from(it.max_skew).unwrap_or(1);
                let why = format!("with fewer than {wanted} {word}s, each takes {skew} at most");
                judge.hold(domain, places.saturating_mul(skew), &why, Ahead::Nothing, sink);
            }
        }
    }
}

struct Judge<'a> {
    facts: &'a Facts<'a>,
    pods: &'a Placed,
    spots: &'a [Spot<'a>],
    least: u64,
    most: u64,
}

impl Judge<'_> {
    /// Of that many places.
    fn hold(&self, domain: &str, places: u64, why: &str, ahead: Ahead, sink: &mut Sink) {
        let Self { pods, least, most, .. } = self;
        let title = &pods.title;
        let place = if places == 1 { "is a place" } else { "are places" };
        let more = match ahead {
            Ahead::Nothing => 0,
            Ahead::One => 1.min(*least),
            Ahead::All => *least,
        };
        let in_all = least.saturating_add(more);
        let (message, severity) = if *least > places {
            (format!("{title} has {least} pods, and there {place} for {places}"), Error)
        } else if in_all > places && *least == places {
            (format!("a rollout of {title} finds no place for its first pod"), Error)
        } else if in_all > places {
            (format!("a rollout of {title} makes {in_all} pods, and there {place} for {places}"), Error)
        } else if *most > places {
            (format!("{title} is scaled to {most} pods, and there {place} for {places}"), Warning)
        } else {
            return;
        };
        let mut found = Diagnostic::new(&CODE, pods.at_number(self.facts), message);
        found.severity = severity;
        for spot in self.spots {
            let key = spot.decisive(domain);
            let text = if key == "nodes" {
                "the nodes that the pods may run on"
            } else {
                "the zones that the pods may be in"
            };
            let at = Some(declared(spot.name).join(key)).filter(|it| self.facts.is_written(it));
            let at = at.unwrap_or_else(|| declared(spot.name));
            found = found.also(At::Node(at, Part::Key), text);
        }
        let help = if severity == Error && *least <= places && ahead == Ahead::One {
            "add one, or let the rollout take a pod first: `maxSurge: 0` and `maxUnavailable: 1`"
        } else {
            "add some, run fewer pods, or ask for `spread` where it need not be so strict"
        };
        sink.push(found.note(why.to_owned()).help(help));
    }
}
