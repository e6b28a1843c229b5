//! Pods that together ask for more than their nodes have.

use std::collections::{BTreeMap, BTreeSet};

use super::demand::shown;
use super::placed::{Number, Placed};
use super::pools::{Pools, Spot, declared};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Warning, Sink, and_list};
use crate::model::Name;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG349",
    name: "node-pools-too-small",
    severity: Warning,
    docs: "\
## What it finds
Pods that may run on certain pools of `cluster.nodePools` alone and ask, at the fewest that there are of each, for more than all nodes of these pools have: `allocatable` × `nodes`, less what pods on every node ask for (not those on some of a pool's zones alone). Pods that no node has room for (SG346), jobs, further pods of rollouts and what else runs in the cluster are not counted, so that more is needed than is said here. Pools without `nodes` or without the resource in `allocatable` are not judged.

## Why it matters
The last pods find no node, and which ones these are is decided by the order in which they come. After a node has gone it is others.

## Example
```yaml
cluster: { nodePools: { general: { nodes: 2, allocatable: { cpu: 3920m } } } }
services: { web: { scale: 9, resources: { requests: { cpu: 1 } } } }
```

## What to do
Give the pool more nodes, or larger ones; or lower requests and the fewest pods.
",
};

/// Pods that are there at any time, with the nodes that they may run on.
struct Group<'a> {
    pods: &'a Placed,
    least: u64,
    /// The pools, by their places.
    on: BTreeSet<usize>,
}

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let pools = Pools::of(facts);
    let mut groups = Vec::new();
    // What pods on every node ask for, by pool.
    let mut each: BTreeMap<usize, Vec<&Placed>> = BTreeMap::new();
    for pods in &facts.seen.placed {
        let spots = pools.spots(&pods.spec);
        match pods.number {
            Number::OneEach => {
                let whole = spots.iter().filter(|it| it.whole);
                whole.for_each(|it| each.entry(it.index).or_default().push(pods));
            }
            // What finds room nowhere takes none.
            Number::Kept { least, .. }
                if !spots.is_empty() && pools.without_room(&spots, &pods.requests).is_empty() =>
            {
                let on = spots.iter().map(|it| it.index).collect();
                groups.push(Group { pods, least, on });
            }
            Number::Kept { .. } | Number::Runs => {}
        }
    }
    let all = pools.all();
    let room = |index: &usize, resource: &str| -> Option<i128> {
        let Spot { pool, .. } = &all[*index];
        let taken = each.get(index).into_iter().flatten().filter_map(|it| it.requests.get(resource));
        let left = pools.allocatable(pool, resource)?.saturating_sub(taken.sum());
        Some(left.max(0).saturating_mul(i128::from(pool.nodes?)))
    };
    let mut sets: Vec<&BTreeSet<usize>> = groups.iter().map(|it| &it.on).collect();
    sets.sort_by_key(|it| (it.len(), *it));
    sets.dedup();
    let mut told: Vec<(&BTreeSet<usize>, &str)> = Vec::new();
    for set in sets {
        // Who may run on some of these pools runs on them.
        let here: Vec<&Group<'_>> = groups.iter().filter(|it| it.on.is_subset(set)).collect();
        let resources: BTreeSet<&String> = here.iter().flat_map(|it| it.pods.requests.keys()).collect();
        for resource in resources {
            let there: Option<i128> = set.iter().map(|it| room(it, resource)).sum();
            let asked = here.iter().fold(0, |sum: i128, it| sum.saturating_add(it.of(resource)));
            let known = told.iter().any(|(of, other)| other == resource && of.is_subset(set));
            let Some(there) = there.filter(|it| asked > *it && !known) else { continue };
            told.push((set, resource));
            let names: Vec<&Name> = set.iter().map(|it| all[*it].name).collect();
            let mut found = told_of(facts, &names, resource, (asked, there), &here);
            if set.iter().any(|it| each.contains_key(it)) {
                found = found.note("what pods on every node ask for is taken off");
            }
            sink.push(found);
        }
    }
}

impl Group<'_> {
    /// What they ask for together.
    fn of(&self, resource: &str) -> i128 {
        let one = self.pods.requests.get(resource).copied().unwrap_or(0);
        one.saturating_mul(i128::from(self.least))
    }
}

fn told_of(
    facts: &Facts<'_>,
    names: &[&Name],
    resource: &str,
    (asked, there): (i128, i128),
    here: &[&Group<'_>],
) -> Diagnostic {
    let shown = |it: i128| shown(resource, it);
    let pools = and_list(names.iter().map(|it| it.as_str()));
    let message = if resource == "pods" {
        format!("{} pods run on {pools} alone, where there is room for {}", shown(asked), shown(there))
    } else {
        format!(
            "the pods that run on {pools} alone ask for {} of {resource}, and all nodes there have {}",
            shown(asked),
            shown(there)
        )
    };
    let mut found = Diagnostic::at_key(&CODE, &declared(names[0]), message);
    for name in &names[1..] {
        found = found.also(At::Node(declared(name), Part::Key), "and here");
    }
    let mut largest: Vec<&&Group<'_>> = here.iter().filter(|it| it.of(resource) > 0).collect();
    largest.sort_by_key(|it| std::cmp::Reverse(it.of(resource)));
    for it in largest.into_iter().take(3) {
        let one = it.pods.requests.get(resource).copied().unwrap_or(0);
        let text = format!("{} × {} = {}", it.least, shown(one), shown(it.of(resource)));
        found = found.also(it.pods.at(facts, &[]), text);
    }
    found
        .note("at the fewest pods of each, without jobs and what else runs there")
        .help("give it more nodes, or larger ones, or lower what is asked for")
}
