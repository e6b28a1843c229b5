//! What pods ask for and may use, by the nodes that they may run on, before and after.
//!
//! The sums are those of the objects: at the floor (as written, or the least that an autoscaler keeps) and at the ceiling.
//! `LimitRange`s and what operators add to their pods are not counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use k8s_openapi::api::core::v1::{Container, NodeSelectorRequirement, PodSpec, ResourceRequirements};
use serde::Deserialize as _;
use serde_json::Value;

use super::exposure::Subject;
use super::impact::pods::replicas;
use super::object::Item;
use super::scaling::Scaling;
use crate::k8s::nodes::shown;
use crate::k8s::usage::{Amounts, Usage, more, pod};
use crate::model::Quantity;

/// What keeps pods in a pool of nodes, as far as their numbers go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// So many pods at any time.
    Steady,
    /// One on each node.
    PerNode,
    /// Runs that end: one of each at a time, as many as a Job runs at once.
    Runs,
}

impl Nature {
    /// The word for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::PerNode => "perNode",
            Self::Runs => "runs",
        }
    }
}

/// As people read it behind the name of a pool.
impl fmt::Display for Nature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Steady => "",
            Self::PerNode => ", on each node",
            Self::Runs => ", while jobs run",
        })
    }
}

/// Pods and what they ask for and may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How many pods.
    pub pods: u64,
    /// What is asked for, in thousandths; `storage` is that of claims.
    pub requests: Amounts,
    /// What may be used, in thousandths.
    pub limits: Amounts,
}

/// The least and the most of a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// As written, or the least that an autoscaler keeps.
    pub floor: Load,
    /// As written, or the most that an autoscaler makes.
    pub ceiling: Load,
}

/// The nodes that pods may run on, with what they ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What nodes need: `node-type=stateless`, or `any node`.
    pub nodes: String,
    /// What keeps the pods there.
    pub nature: Nature,
    /// Before.
    pub before: Range,
    /// After.
    pub after: Range,
}

/// An amount as people write it: cores or thousandths of one, bytes by the greatest unit that divides them.
pub(super) fn amount(resource: &str, milli: i128) -> String {
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let whole = milli / 1000;
    let bytes =
        matches!(resource, "memory" | "storage" | "ephemeral-storage") || resource.starts_with("hugepages-");
    let units = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let unit = units.into_iter().find(|(_, power)| bytes && whole != 0 && whole % (1_i128 << power) == 0);
    unit.map_or_else(|| whole.to_string(), |(unit, power)| format!("{}{unit}", whole >> power))
}

impl Pool {
    /// What changes, a line each: `requests cpu 3 → 3500m`, with the ceiling where that is another number.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut add = |what: String, resource: &str, of: &dyn Fn(&Load) -> Option<i128>| {
            let shown = |it: &Load| of(it).map_or_else(|| "none".to_owned(), |it| amount(resource, it));
            let change = |from: &Load, to: &Load| {
                let (from, to) = (shown(from), shown(to));
                if from == to { from } else { format!("{from} → {to}") }
            };
            let floor = change(&self.before.floor, &self.after.floor);
            let ceiling = change(&self.before.ceiling, &self.after.ceiling);
            if !floor.contains('→') && !ceiling.contains('→') {
                return;
            }
            let most = if floor == ceiling { String::new() } else { format!(", at most {ceiling}") };
            found.push(format!("{what} {floor}{most}"));
        };
        add("pods".to_owned(), "", &|it| Some(i128::from(it.pods) * 1000));
        let sides = || [&self.before.floor, &self.before.ceiling, &self.after.floor, &self.after.ceiling];
        let requests: BTreeSet<&String> = sides().into_iter().flat_map(|it| it.requests.keys()).collect();
        let limits: BTreeSet<&String> = sides().into_iter().flat_map(|it| it.limits.keys()).collect();
        for name in requests {
            let word = if name == "storage" {
                "claims of storage".to_owned()
            } else {
                format!("requests of {name}")
            };
            add(word, name, &|it| it.requests.get(name).copied());
        }
        for name in limits {
            add(format!("limits of {name}"), name, &|it| it.limits.get(name).copied());
        }
        found
    }
}

impl Load {
    fn add(&mut self, other: &Self, times: u64) {
        self.pods = self.pods.saturating_add(other.pods.saturating_mul(times));
        for (own, other) in [(&mut self.requests, &other.requests), (&mut self.limits, &other.limits)] {
            for (name, amount) in other {
                more(own, name, amount.saturating_mul(i128::from(times)));
            }
        }
    }
}

impl Range {
    fn add(&mut self, one: &Load, [least, most]: [u64; 2]) {
        self.floor.add(one, least);
        self.ceiling.add(one, most);
    }
}

/// The pools whose sums change, by name.
pub(super) fn find(subjects: &[Subject<'_>], scaling: [&Scaling; 2]) -> Vec<Pool> {
    let scaled_alike = scaling[0].keeps_what(scaling[1]);
    let mut sums: BTreeMap<(String, Nature), [Range; 2]> = BTreeMap::new();
    let (mut alike, mut differs) = (Vec::new(), false);
    for subject in subjects {
        if let Some(item) = subject.after.filter(|_| subject.alike && scaled_alike) {
            alike.push(item);
            continue;
        }
        let sides = [subject.before, subject.after];
        let [before, after] = [0, 1].map(|at| sides[at].and_then(|it| asked(it, scaling[at])));
        differs |= before != after;
        for (side, asked) in [before, after].into_iter().enumerate() {
            let Some(it) = asked else { continue };
            sums.entry((it.nodes, it.nature)).or_default()[side].add(&it.one, it.pods);
        }
    }
    if !differs {
        return Vec::new();
    }
    // What is the same on both sides is counted where something else is not.
    for it in alike.into_iter().filter_map(|it| asked(it, scaling[1])) {
        if let Some(ranges) = sums.get_mut(&(it.nodes, it.nature)) {
            for range in ranges {
                range.add(&it.one, it.pods);
            }
        }
    }
    let pool = |((nodes, nature), [before, after]): ((String, Nature), [Range; 2])| Pool {
        nodes,
        nature,
        before,
        after,
    };
    sums.into_iter().map(pool).filter(|it| it.before != it.after).collect()
}

/// What one object asks for.
#[derive(Debug, PartialEq)]
struct Asked {
    nodes: String,
    nature: Nature,
    one: Load,
    /// The least and the most.
    pods: [u64; 2],
}

fn asked(item: &Item, scaling: &Scaling) -> Option<Asked> {
    if item.id.kind == "PersistentVolumeClaim" {
        let one = Load { requests: claim(item.value()).into_iter().collect(), ..Load::default() };
        return Some(Asked { nodes: ANY.to_owned(), nature: Nature::Steady, one, pods: [1, 1] });
    }
    let spec = item.pods()?.get("spec")?;
    let (nature, pods) = match &*item.id.kind {
        // It is what others make pods of.
        "PodTemplate" => return None,
        "DaemonSet" => (Nature::PerNode, [1, 1]),
        "Job" | "CronJob" => {
            let at = if item.id.kind == "Job" {
                "/spec/parallelism"
            } else {
                "/spec/jobTemplate/spec/parallelism"
            };
            let number = item.at(at).and_then(Value::as_u64).unwrap_or(1);
            (Nature::Runs, [number, number])
        }
        _ => {
            let written = replicas(item);
            (Nature::Steady, scaling.of(item).map_or([written, written], |(least, most)| [least, most]))
        }
    };
    let container = |it: &Value| Container {
        resources: it.get("resources").and_then(|it| ResourceRequirements::deserialize(it).ok()),
        restart_policy: it.get("restartPolicy").and_then(Value::as_str).map(str::to_owned),
        ..Container::default()
    };
    let containers = |key: &str| -> Vec<Container> {
        spec.get(key).and_then(Value::as_array).into_iter().flatten().map(container).collect()
    };
    let pod_spec = PodSpec {
        containers: containers("containers"),
        init_containers: Some(containers("initContainers")),
        resources: spec.get("resources").and_then(|it| ResourceRequirements::deserialize(it).ok()),
        overhead: spec.get("overhead").and_then(|it| BTreeMap::deserialize(it).ok()),
        ..PodSpec::default()
    };
    let mut usage = pod(&pod_spec, &Usage::default(), |it| Quantity::parse(it).ok().map(|it| it.milli()));
    let claims = item.at("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten();
    for (name, amount) in claims.filter_map(claim) {
        more(&mut usage.requests, &name, amount);
    }
    let one = Load { pods: 1, requests: usage.requests, limits: usage.limits };
    Some(Asked { nodes: nodes(spec), nature, one, pods })
}

/// The storage of a claim.
fn claim(value: &Value) -> Option<(String, i128)> {
    let text = value.pointer("/spec/resources/requests/storage")?.as_str()?;
    Some(("storage".to_owned(), Quantity::parse(text).ok()?.milli()))
}

const ANY: &str = "any node";

/// What nodes need for some pods: labels, and taints that the pods bear. Taints of nodes that fail are left out: who bears
/// them does not seek them.
fn nodes(spec: &Value) -> String {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for (key, it) in spec.get("nodeSelector").and_then(Value::as_object).into_iter().flatten() {
        wanted.insert(format!("{key}={}", it.as_str().unwrap_or_default()));
    }
    let terms = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let terms = spec.pointer(terms).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut terms: Vec<String> = terms.iter().map(term).filter(|it| !it.is_empty()).collect();
    terms.sort_unstable();
    match terms.len() {
        0 | 1 => wanted
            .extend(terms.into_iter().flat_map(|it| it.split(", ").map(str::to_owned).collect::<Vec<_>>())),
        _ => _ = wanted.insert(format!("({})", terms.join(" or "))),
    }
    let text = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut borne: BTreeSet<String> = BTreeSet::new();
    for it in spec.get("tolerations").and_then(Value::as_array).into_iter().flatten() {
        let (key, value, effect) = (text(it, "key"), text(it, "value"), text(it, "effect"));
        if key.starts_with("node.kubernetes.io/") {
            continue;
        }
        let value = if value.is_empty() { value } else { format!("={value}") };
        let effect = if effect.is_empty() { effect } else { format!(":{effect}") };
        borne.insert(if key.is_empty() { "every taint".to_owned() } else { format!("{key}{value}{effect}") });
    }
    let list = |it: BTreeSet<String>| it.into_iter().collect::<Vec<_>>().join(", ");
    let wanted = if wanted.is_empty() { ANY.to_owned() } else { list(wanted) };
    if borne.is_empty() { wanted } else { format!("{wanted}, bearing {}", list(borne)) }
}

fn term(term: &Value) -> String {
    let lists = ["matchExpressions", "matchFields"].into_iter().filter_map(|it| term.get(it)?.as_array());
    let read = lists.flatten().filter_map(|it| NodeSelectorRequirement::deserialize(it).ok());
    let mut found: Vec<String> = read.map(|it| shown(&it)).collect();
    found.sort_unstable();
    found.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::item;

    fn deployment(replicas: u64, pod: &Value) -> Item {
        item("Deployment", json!({ "spec": { "replicas": replicas, "template": { "spec": pod } } }))
    }

    fn pools(before: &Item, after: &Item, scaler: Option<&Item>) -> Vec<Pool> {
        let subject = Subject { before: Some(before), after: Some(after), alike: before.says_what(after) };
        let scaling = scaler.map(|it| Scaling::read(std::slice::from_ref(it))).unwrap_or_default();
        find(&[subject], [&Scaling::default(), &scaling])
    }

    fn cpu(amount: &str) -> Value {
        json!({ "containers": [{ "name": "a", "resources": { "requests": { "cpu": amount } } }] })
    }

    #[test]
    fn only_pools_that_change_are_shown() {
        assert_eq!(pools(&deployment(2, &cpu("100m")), &deployment(2, &cpu("0.1")), None), []);
        let found = pools(&deployment(2, &cpu("100m")), &deployment(3, &cpu("200m")), None);
        let [pool] = &found[..] else { panic!("{found:?}") };
        assert_eq!((pool.nodes.as_str(), pool.before.floor.pods, pool.after.floor.pods), ("any node", 2, 3));
        assert_eq!((pool.before.floor.requests["cpu"], pool.after.floor.requests["cpu"]), (200, 600));
    }

    #[test]
    fn an_autoscaler_has_a_floor_and_a_ceiling() {
        let target = json!({ "scaleTargetRef": { "kind": "Deployment", "name": "x" }, "minReplicas": 2, "maxReplicas": 9 });
        let scaler = item("HorizontalPodAutoscaler", json!({ "spec": target }));
        let of = deployment(1, &cpu("100m"));
        let found = pools(&of, &of, Some(&scaler));
        let after = &found[0].after;
        assert_eq!((after.floor.pods, after.ceiling.pods, after.ceiling.requests["cpu"]), (2, 9, 900));
    }

    #[test]
    fn what_runs_before_counts_where_it_is_more() {
        let of = |init: &str| {
            let mut pod = cpu("100m");
            pod["initContainers"] = json!([
                { "name": "s", "restartPolicy": "Always", "resources": { "requests": { "cpu": "50m" } } },
                { "name": "i", "resources": { "requests": { "cpu": init } } },
            ]);
            deployment(1, &pod)
        };
        let found = pools(&of("60m"), &of("300m"), None);
        assert_eq!(found[0].before.floor.requests["cpu"], 150);
        assert_eq!(found[0].after.floor.requests["cpu"], 350);
    }

    #[test]
    fn sums_end_at_the_greatest_number() {
        let found =
            pools(&deployment(1, &cpu("1")), &deployment(u64::MAX, &cpu("999999999999999999Pi")), None);
        let after = &found[0].after.floor;
        assert_eq!((after.pods, after.requests["cpu"]), (u64::MAX, i128::MAX));
    }

    #[test]
    fn pools_have_canonical_names() {
        let affinity = |terms: Value| json!({ "affinity": { "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": terms } } } });
        let is = |key: &str, value: &str| json!({ "matchExpressions": [{ "key": key, "operator": "In", "values": [value] }] });
        assert_eq!(nodes(&affinity(json!([is("node-type", "stateless")]))), "node-type=stateless");
        assert_eq!(nodes(&json!({ "nodeSelector": { "node-type": "stateless" } })), "node-type=stateless");
        assert_eq!(nodes(&affinity(json!([is("b", "1"), is("a", "1")]))), "(a=1 or b=1)");
        let tolerations = json!([{ "key": "gpu", "operator": "Exists", "effect": "NoSchedule" }, { "key": "node.kubernetes.io/not-ready" }]);
        assert_eq!(nodes(&json!({ "tolerations": tolerations })), "any node, bearing gpu:NoSchedule");
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(amount("cpu", 1500), "1500m");
        assert_eq!(amount("cpu", 2000), "2");
        assert_eq!(amount("memory", 1000 * (3 << 29)), "1536Mi");
        assert_eq!(amount("memory", 1000 * (2 << 30)), "2Gi");
        assert_eq!(amount("storage", 0), "0");
    }
}
