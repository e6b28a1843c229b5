//! Pods that no declared pool of nodes takes.

use super::pools::{Pools, declared};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink, and_list};
use crate::k8s::labels::ZONE;
use crate::k8s::nodes::Obstacle;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG345",
    name: "no-node-pool-fits",
    severity: Error,
    docs: "\
## What it finds
Where `cluster.nodePools` are declared: pods whose required node labels no pool has, or whose tolerations leave a taint of each pool that has them. Labels below `kubernetes.io` and `k8s.io` that a pool does not declare, and its zone where it names none, may be there. What is looked at are the finished objects, with patches and manifests; of pods that an operator makes, the tier's `affinity`.

## Why it matters
The pods wait for ever: `0/9 nodes are available`. Nothing fails, the rollout is merely not done.

## Example
```yaml
cluster: { nodePools: { storage: { labels: { node-type: stateful }, taints: { dedicated: storage } } } }
affinity: { data: { nodes: { node-type: stateful } } }                  # tolerates nothing
stateful: { db: { kind: mongodb, affinity: data, replicas: 3, storage: 20Gi } }
```

## What to do
Require what the nodes have, and tolerate their taints; or declare the label of the pool, where its nodes have it.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let pools = Pools::of(facts);
    for pods in &facts.seen.placed {
        let Some((name, pool, obstacles)) = pools.nearest(&pods.spec) else { continue };
        if obstacles.is_empty() {
            continue;
        }
        let (mut why, mut helps) = (Vec::new(), Vec::new());
        for it in &obstacles {
            why.push(match it {
                Obstacle::Label { key, wanted, has: Some(_) } if key == ZONE && pool.zones.len() > 1 => {
                    let zones = and_list(pool.zones.iter().map(String::as_str));
                    format!("the pods require `{wanted}`, and its zones are {zones}")
                }
                Obstacle::Label { key, wanted, has: Some(has) } => {
                    format!("the pods require `{wanted}`, and its `{key}` is `{has}`")
                }
                Obstacle::Label { wanted, has: None, .. } => {
                    format!("the pods require `{wanted}`, and it has no such label")
                }
                Obstacle::Nothing => "a node affinity that requires nothing takes no node".to_owned(),
                Obstacle::Taint(it) => format!("the pods do not tolerate its taint `{it}`"),
            });
            helps.push(match it {
                Obstacle::Label { .. } | Obstacle::Nothing => {
                    "require other labels, or declare what the nodes have"
                }
                Obstacle::Taint(_) => "tolerate the taint, with `tolerations` of the `affinity`",
            });
        }
        helps.dedup();
        let message = format!("the pods of {} may run on no declared pool of nodes", pods.title);
        let mut found = Diagnostic::new(&CODE, pods.at(facts, &[&["affinity"]]), message)
            .also(At::Node(declared(name), Part::Key), "the pool that comes nearest")
            .note(format!("of `{name}`: {}", why.join("; ")));
        for it in helps {
            found = found.help(it);
        }
        sink.push(found);
    }
}
