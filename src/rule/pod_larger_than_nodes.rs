//! Pods that ask for more than a node has.

use super::demand::shown;
use super::pools::{Lack, Pools, declared};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG346",
    name: "pod-larger-than-nodes",
    severity: Error,
    docs: "\
## What it finds
Pods that ask for more of a resource than the `allocatable` of every pool of `cluster.nodePools` that they may run on: the requests of their containers and sidecars together, or of the largest init container, and those of a mesh's proxy where an annotation of the pods says them. A resource that a pool does not name is unknown; a device that another pool names (`nvidia.com/gpu`) is not there. A pool with room that only taints keep the pods from is named; where they are those of the device itself, it is a warning, because some clusters tolerate them for pods that ask for it (`ExtendedResourceToleration`).

## Why it matters
The pods wait for ever, however many nodes an autoscaler adds.

## Example
```yaml
cluster: { nodePools: { general: { allocatable: { cpu: 3920m, memory: 14Gi } } } }
services: { report: { resources: { requests: { cpu: 1, memory: 24Gi } } } }
```

## What to do
Lower the requests, or let the pods run on larger nodes: where these have taints, with `tolerations`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let pools = Pools::of(facts);
    for pods in &facts.seen.placed {
        let spots = pools.spots(&pods.spec);
        let lacks = pools.without_room(&spots, &pods.requests);
        let Some((_, first)) = lacks.first() else { continue };
        let resource = first[0].resource.as_str();
        let places: [&[&str]; 3] =
            [&["resources", "requests", resource], &["resources", "limits", resource], &["resources"]];
        let message = format!("a pod of {} asks for more than any node that it may run on has", pods.title);
        let mut found = Diagnostic::new(&CODE, pods.at(facts, &places), message);
        for (name, few) in &lacks {
            for Lack { resource, asked, there } in few {
                let text = format!(
                    "{} of {resource}: {} asked for",
                    shown(resource, *there),
                    shown(resource, *asked)
                );
                let at = declared(name).join("allocatable");
                let at = Some(at.join(resource)).filter(|it| facts.is_written(it)).unwrap_or(at);
                found = found.also(At::Node(at, Part::Key), text);
            }
        }
        let mut tainted = pools.tainted(&pods.spec);
        tainted.retain(|(_, pool, _)| pools.lacks(pool, &pods.requests).is_empty());
        for (name, _, taints) in &tainted {
            let text = format!("room for it, and not tolerated: `{}`", taints.join("`, `"));
            found = found.also(At::Node(declared(name), Part::Key), text);
        }
        // What admission may add to pods that ask for a device is a toleration of its name.
        let is_own = |it: &String| {
            it.strip_suffix(":NoSchedule").is_some_and(|it| {
                let key = it.split_once('=').map_or(it, |(key, _)| key);
                key.contains('/') && pods.requests.contains_key(key)
            })
        };
        if tainted.iter().any(|(.., taints)| taints.iter().all(is_own)) {
            found.severity = Warning;
            found = found.note("where the cluster has the admission plugin `ExtendedResourceToleration`, it tolerates the taint of a device for pods that ask for it");
        }
        sink.push(if tainted.is_empty() {
            found
                .note("no node of these pools ever has room for it")
                .help("lower the requests, or let the pods run on larger nodes")
        } else {
            found.help("tolerate the taint, with `tolerations` of the `affinity`")
        });
    }
}
