//! Pods that ask for more than a node has.

use super::demand::shown;
use super::pools::{Pools, declared};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG346",
    name: "pod-larger-than-nodes",
    severity: Error,
    docs: "\
## What it finds
Pods that ask for more of a resource than the `allocatable` of every pool of `cluster.nodePools` that they may run on: the requests of their containers and sidecars together, or of the largest init container, and those of a mesh's proxy where an annotation of the pods says them. A resource that a pool does not name is unknown; a device that another pool names (`nvidia.com/gpu`) is not there.

## Why it matters
The pods wait for ever, however many nodes an autoscaler adds.

## Example
```yaml
cluster: { nodePools: { general: { allocatable: { cpu: 3920m, memory: 14Gi } } } }
services: { report: { resources: { requests: { cpu: 1, memory: 24Gi } } } }
```

## What to do
Lower the requests, or let the pods run on larger nodes.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let pools = Pools::of(facts);
    for pods in &facts.seen.placed {
        let spots = pools.spots(&pods.spec);
        // By pool, the resources that are too few.
        let mut lacks = Vec::new();
        for spot in &spots {
            let few = |(resource, asked): (&String, &i128)| {
                let there = pools.allocatable(spot.pool, resource)?;
                (*asked > there).then(|| (resource.clone(), *asked, there))
            };
            let few: Vec<(String, i128, i128)> = pods.requests.iter().filter_map(few).collect();
            lacks.extend((!few.is_empty()).then_some((spot.name, few)));
        }
        let Some((_, first)) = lacks.first().filter(|_| lacks.len() == spots.len()) else { continue };
        let resource = first[0].0.as_str();
        let places: [&[&str]; 3] =
            [&["resources", "requests", resource], &["resources", "limits", resource], &["resources"]];
        let message = format!("a pod of {} asks for more than any node that it may run on has", pods.title);
        let mut found = Diagnostic::new(&CODE, pods.at(facts, &places), message);
        for (name, few) in lacks {
            for (resource, asked, there) in few {
                let text = format!(
                    "{} of {resource}: {} asked for",
                    shown(&resource, there),
                    shown(&resource, asked)
                );
                let at = declared(name).join("allocatable");
                let at = Some(at.join(&resource)).filter(|it| facts.is_written(it)).unwrap_or(at);
                found = found.also(At::Node(at, Part::Key), text);
            }
        }
        sink.push(
            found
                .note("no node of these pools ever has room for it")
                .help("lower the requests, or let the pods run on larger nodes"),
        );
    }
}
