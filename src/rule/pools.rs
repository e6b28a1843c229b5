//! The pools of nodes that the stack declares, and where in them pods may run.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{PodSpec, Taint, TopologySpreadConstraint};

use super::Facts;
use crate::diag::Route;
use crate::k8s::labels::{HOSTNAME, ZONE};
use crate::k8s::nodes::{Nodes, Obstacle};
use crate::k8s::usage::Amounts;
use crate::model::{self, LabelKey, Name, NodePool, Quantity};

/// The pools of a cluster.
#[derive(Debug)]
pub(super) struct Pools<'a>(Vec<Pool<'a>>);

/// A pool, with its nodes zone by zone.
#[derive(Debug)]
struct Pool<'a> {
    name: &'a Name,
    declared: &'a NodePool,
    /// By zone; one without where zones are unknown.
    nodes: Vec<(Option<&'a str>, Nodes)>,
}

/// Nodes of a pool that some pods may run on.
#[derive(Clone, Debug)]
pub(super) struct Spot<'a> {
    /// The pool, by its place among them.
    pub(super) index: usize,
    pub(super) name: &'a Name,
    pub(super) pool: &'a NodePool,
    /// The zones of them; none where they are unknown.
    zones: Option<BTreeSet<&'a str>>,
    /// Whether these are all nodes of the pool.
    pub(super) whole: bool,
}

impl Spot<'_> {
    /// The field of the pool that decides how many domains its nodes are in.
    pub(super) fn decisive(&self, domain: &str) -> &'static str {
        let zones = self.zones.as_ref().map_or(0, BTreeSet::len) as u64;
        let few = self.pool.nodes.is_some_and(|it| u64::from(it) < zones);
        if domain == HOSTNAME || few { "nodes" } else { "zones" }
    }
}

/// A resource of which nodes have too little.
#[derive(Clone, Debug)]
pub(super) struct Lack {
    pub(super) resource: String,
    /// What a pod asks for, in thousandths.
    pub(super) asked: i128,
    /// What a node has.
    pub(super) there: i128,
}

impl<'a> Pools<'a> {
    /// Those that are declared.
    pub(super) fn of(facts: &Facts<'a>) -> Self {
        let one = |(name, pool): (&'a Name, &'a NodePool)| {
            let labels: BTreeMap<String, String> =
                pool.labels.iter().map(|(key, it)| (key.to_string(), it.clone())).collect();
            let taint = |(key, it): (&LabelKey, &model::Taint)| Taint {
                key: key.to_string(),
                value: (!it.value.is_empty()).then(|| it.value.clone()),
                effect: it.effect.as_str().to_owned(),
                ..Taint::default()
            };
            let taints: Vec<Taint> = pool.taints.iter().map(taint).collect();
            let label = pool.labels.iter().find(|(key, _)| key.as_str() == ZONE);
            let mut zones: Vec<&str> = pool.zones.iter().map(String::as_str).collect();
            if zones.is_empty() {
                zones.extend(label.map(|(_, it)| it.as_str()));
            }
            let of = |zone: Option<&'a str>| {
                let mut labels = labels.clone();
                labels.extend(zone.map(|it| (ZONE.to_owned(), it.to_owned())));
                (zone, Nodes { labels, taints: taints.clone() })
            };
            let nodes = if zones.is_empty() {
                vec![of(None)]
            } else {
                zones.into_iter().map(|it| of(Some(it))).collect()
            };
            Pool { name, declared: pool, nodes }
        };
        Self(facts.resolved.stack.cluster.node_pools.iter().map(one).collect())
    }

    /// Where some pods may run, as far as labels and taints decide.
    pub(super) fn spots(&self, pods: &PodSpec) -> Vec<Spot<'a>> {
        self.where_nodes(|it| it.obstacles(pods).is_empty())
    }

    /// What a spread counts among its domains.
    pub(super) fn counted(&self, pods: &PodSpec, spread: &TopologySpreadConstraint) -> Vec<Spot<'a>> {
        self.where_nodes(|it| it.counts(pods, spread))
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Spot<'a>> {
        self.where_nodes(|_| true)
    }

    fn where_nodes(&self, good: impl Fn(&Nodes) -> bool) -> Vec<Spot<'a>> {
        let one = |(index, Pool { name, declared: pool, nodes }): (usize, &Pool<'a>)| {
            let found: Vec<Option<&str>> =
                nodes.iter().filter(|(_, it)| good(it)).map(|(zone, _)| *zone).collect();
            let whole = found.len() == nodes.len();
            (!found.is_empty()).then(|| Spot { index, name, pool, zones: found.into_iter().collect(), whole })
        };
        self.0.iter().enumerate().filter_map(one).collect()
    }

    /// The pool that comes nearest, with what keeps the pods from it.
    pub(super) fn nearest(&self, pods: &PodSpec) -> Option<(&'a Name, &'a NodePool, Vec<Obstacle>)> {
        let nodes = self.0.iter().flat_map(|it| it.nodes.iter().map(move |(_, nodes)| (it, nodes)));
        let kept = nodes.map(|(it, nodes)| (it.name, it.declared, nodes.obstacles(pods)));
        kept.min_by_key(|(.., it)| it.iter().map(Obstacle::weight).sum::<u32>())
    }

    /// The pools that nothing but taints keeps pods from, each with these.
    pub(super) fn tainted(&self, pods: &PodSpec) -> Vec<(&'a Name, &'a NodePool, Vec<String>)> {
        let one = |it: &Pool<'a>| {
            let kept = it.nodes.iter().map(|(_, nodes)| nodes.obstacles(pods));
            let taints = kept.filter_map(|all| {
                let taints = all.into_iter().map(|it| match it {
                    Obstacle::Taint(it) => Some(it),
                    Obstacle::Label { .. } | Obstacle::Nothing => None,
                });
                taints.collect::<Option<Vec<String>>>()
            });
            let taints = taints.min_by_key(Vec::len).filter(|it| !it.is_empty())?;
            Some((it.name, it.declared, taints))
        };
        self.0.iter().filter_map(one).collect()
    }

    /// What a node of a pool has too little of for a pod.
    pub(super) fn lacks(&self, pool: &NodePool, requests: &Amounts) -> Vec<Lack> {
        let few = |(resource, asked): (&String, &i128)| {
            let there = self.allocatable(pool, resource)?;
            (*asked > there).then(|| Lack { resource: resource.clone(), asked: *asked, there })
        };
        requests.iter().filter_map(few).collect()
    }

    /// The same where a pod may run, if it finds no room on any node there; else nothing.
    pub(super) fn without_room(&self, spots: &[Spot<'a>], requests: &Amounts) -> Vec<(&'a Name, Vec<Lack>)> {
        let lacks = spots.iter().map(|it| (it.name, self.lacks(it.pool, requests)));
        let lacks: Vec<_> = lacks.filter(|(_, it)| !it.is_empty()).collect();
        if lacks.len() == spots.len() { lacks } else { Vec::new() }
    }

    /// What pods may ask for of a resource on a node of a pool, in thousandths; none where it is unknown. A device that another
    /// pool has is not there.
    pub(super) fn allocatable(&self, pool: &NodePool, resource: &str) -> Option<i128> {
        let known = pool.allocatable.get(resource).map(Quantity::milli);
        let is_device = resource.contains('/')
            && !pool.allocatable.is_empty()
            && self.0.iter().any(|it| it.declared.allocatable.contains_key(resource));
        known.or(is_device.then_some(0))
    }
}

/// How many domains some nodes have at most; none where that is unknown, or nothing that pools say.
pub(super) fn domains(spots: &[Spot<'_>], domain: &str) -> Option<u64> {
    match domain {
        HOSTNAME => spots.iter().map(|it| it.pool.nodes.map(u64::from)).sum(),
        // A node is in one zone.
        ZONE => zones(spots).map(|all| {
            let one = |it: &Spot<'_>| {
                let zones = it.zones.as_ref().map_or(0, BTreeSet::len) as u64;
                it.pool.nodes.map_or(zones, |nodes| zones.min(nodes.into()))
            };
            spots.iter().map(one).sum::<u64>().min(all.len() as u64)
        }),
        _ => None,
    }
}

/// The zones of some nodes; none where one of them has unknown ones.
pub(super) fn zones<'a>(spots: &[Spot<'a>]) -> Option<BTreeSet<&'a str>> {
    let all: Option<Vec<&BTreeSet<&str>>> = spots.iter().map(|it| it.zones.as_ref()).collect();
    Some(all?.into_iter().flatten().copied().collect())
}

/// Where the stack declares a pool.
pub(super) fn declared(pool: &Name) -> Route {
    Route::of(&["cluster", "nodePools", pool.as_str()])
}
