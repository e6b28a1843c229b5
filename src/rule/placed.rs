//! Pods as the scheduler sees them: what they ask for, how many there are, and where they may be.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec, PodTemplateSpec, TopologySpreadConstraint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize as _;
use serde_json::Value;

use super::Facts;
use super::demand::{Demand, defaults, hundredths, parse};
use crate::diag::{At, Part, Span};
use crate::k8s::crd::argo_rollouts::rollout::POD_HASH;
use crate::k8s::reach::takes;
use crate::k8s::scale::{self, Scaled};
use crate::k8s::usage::{self, Amounts, Usage, more};
use crate::k8s::{Object, ObjectId};
use crate::lower::Unit;
use crate::model::Name;
use crate::resolve::{Component, Resolved};
use crate::workload::placement;

/// The annotations by which pods say what a mesh's proxy asks for: of Istio and of Linkerd, in their references of annotations.
const PROXIES: [(&str, &str); 4] = [
    ("sidecar.istio.io/proxyCPU", "cpu"),
    ("sidecar.istio.io/proxyMemory", "memory"),
    ("config.linkerd.io/proxy-cpu-request", "cpu"),
    ("config.linkerd.io/proxy-memory-request", "memory"),
];

/// How many pods there are of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// One on each node.
    OneEach,
    /// Runs that end.
    Runs,
    /// So many at any time.
    Kept {
        /// As written, or the fewest that an autoscaler keeps.
        least: u64,
        /// As written, or the most that it makes.
        most: u64,
    },
}

/// What a rollout makes before pods go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// Nothing: some may be away, or all go first.
    Nothing,
    /// A pod, as none may be away.
    One,
    /// As many as there are: the old ones stay until the new ones get all requests.
    All,
}

/// The labels that tell the pods of a version from those of another one: of a Deployment, and of Argo Rollouts.
const HASHES: [&str; 2] = ["pod-template-hash", POD_HASH];

/// Pods of one kind, and what decides where they run.
#[derive(Debug)]
pub(super) struct Placed {
    /// Their component; none of objects that the stack has as they are.
    component: Option<Name>,
    /// Where those stand.
    span: Option<Span>,
    /// Whether they are a further part of the component, such as the keepers of ClickHouse, whose number it has elsewhere.
    further: bool,
    /// What a message calls what makes them.
    pub(super) title: String,
    namespace: String,
    labels: BTreeMap<String, String>,
    /// What the scheduler reads: the rest is left out.
    pub(super) spec: PodSpec,
    /// What each of them asks for, in thousandths; `pods` is itself.
    pub(super) requests: Amounts,
    pub(super) number: Number,
    /// What a rollout makes before pods go.
    pub(super) ahead: Ahead,
    /// How many of them vote, where they do.
    pub(super) votes: Option<u32>,
}

impl Placed {
    /// Those of a component. Nothing where no pool is declared.
    pub(super) fn of(resolved: &Resolved, component: &Component, unit: &Unit) -> Vec<Self> {
        if resolved.stack.cluster.node_pools.is_empty() {
            return Vec::new();
        }
        let named = |mut it: Self, id: &ObjectId| {
            let main = id.name == component.called.as_str();
            let own = format!("`{}`", component.name);
            it.title = if main { own } else { format!("{own} ({} `{}`)", id.kind, id.name) };
            it.component = Some(component.name.clone());
            it.further = !main;
            it.votes = unit.voters.get(&id.name).copied().filter(|_| id.kind == "StatefulSet");
            it
        };
        let mut found: Vec<Self> =
            read(resolved, &unit.objects).into_iter().map(|(_, id, it)| named(it, &id)).collect();
        found.extend(Self::operated(resolved, component));
        found
    }

    /// Those of objects that the stack has as they are, each with its place.
    pub(super) fn foreign(resolved: &Resolved, unit: &Unit, places: &[Span]) -> Vec<Self> {
        if resolved.stack.cluster.node_pools.is_empty() {
            return Vec::new();
        }
        let one = |(index, _, it): (usize, ObjectId, Self)| Self { span: places.get(index).copied(), ..it };
        read(resolved, &unit.objects).into_iter().map(one).collect()
    }

    /// Those that an operator makes, by what the stack says of the tier.
    fn operated(resolved: &Resolved, component: &Component) -> Option<Self> {
        let Demand { pods, each, .. } = Demand::operated(resolved, component)?;
        let common = resolved.common(component);
        let affinity = common.affinity.as_ref().and_then(|it| resolved.stack.affinity.get(it));
        let labels = resolved.tier(component)?.operator_labels(component.name.as_str())?;
        let own = LabelSelector { match_labels: Some(labels.clone()), ..LabelSelector::default() };
        let spec = PodSpec {
            affinity: placement::affinity(
                affinity.and_then(placement::nodes),
                affinity.and_then(|it| placement::separate(it, own)),
            ),
            tolerations: affinity.and_then(placement::tolerations),
            ..PodSpec::default()
        };
        let pods = u64::from(pods);
        Some(Self {
            component: Some(component.name.clone()),
            span: None,
            further: false,
            title: format!("`{}`", component.name),
            namespace: resolved.namespace(&component.namespace).to_owned(),
            labels,
            spec,
            requests: counted(each.requests),
            number: Number::Kept { least: pods, most: pods },
            ahead: Ahead::Nothing,
            votes: None,
        })
    }

    /// Where the stack says something of them: at the first of some places of the component that is written.
    pub(super) fn at(&self, facts: &Facts<'_>, places: &[&[&str]]) -> At {
        let component = self.component.as_ref().and_then(|it| facts.resolved.components.get(it));
        let Some(component) = component else { return self.span.map_or(At::Nowhere, At::Span) };
        let at = component.route();
        let places = places.iter().map(|it| it.iter().fold(at.clone(), |at, key| at.join(key)));
        let written = places.into_iter().find(|it| facts.is_written(it));
        written.map_or_else(|| At::Node(at.clone(), Part::Key), |it| At::Node(it, Part::Value))
    }

    /// The same of their number.
    pub(super) fn at_number(&self, facts: &Facts<'_>) -> At {
        let places: &[&[&str]] = &[&["affinity"], &["scale"], &["replicas"]];
        self.at(facts, if self.further { &places[..1] } else { &places[1..] })
    }

    /// Whether they are told apart from each other by a required anti-affinity over a domain.
    pub(super) fn apart(&self, domain: &str) -> bool {
        self.terms(domain).next().is_some()
    }

    /// The same of those of a new version and those of the old one.
    pub(super) fn versions_apart(&self, domain: &str) -> bool {
        let by_version = |it: &PodAffinityTerm| {
            it.match_label_keys.iter().flatten().any(|it| HASHES.contains(&it.as_str()))
        };
        self.terms(domain).any(|it| !by_version(it))
    }

    /// The required anti-affinities over a domain that are about themselves.
    fn terms(&self, domain: &str) -> impl Iterator<Item = &PodAffinityTerm> {
        let apart = self.spec.affinity.as_ref().and_then(|it| it.pod_anti_affinity.as_ref());
        let required = apart.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
        let here =
            |it: Option<&Vec<String>>| it.is_none_or(|it| it.is_empty() || it.contains(&self.namespace));
        required.into_iter().flatten().filter(move |it| {
            it.topology_key == domain
                && here(it.namespaces.as_ref())
                && self.taken(it.label_selector.as_ref())
        })
    }

    /// Whether something, required or wanted, keeps them from being all in one domain.
    pub(super) fn spreads(&self, domain: &str) -> bool {
        let apart = self.spec.affinity.as_ref().and_then(|it| it.pod_anti_affinity.as_ref());
        let wanted = apart.and_then(|it| it.preferred_during_scheduling_ignored_during_execution.as_ref());
        let wanted = wanted.into_iter().flatten().map(|it| &it.pod_affinity_term);
        self.apart(domain)
            || wanted.filter(|it| it.topology_key == domain).any(|it| self.taken(it.label_selector.as_ref()))
            || self.constraints().any(|it| it.topology_key == domain)
    }

    /// The spreads that are about themselves.
    pub(super) fn constraints(&self) -> impl Iterator<Item = &TopologySpreadConstraint> {
        let all = self.spec.topology_spread_constraints.iter().flatten();
        all.filter(|it| self.taken(it.label_selector.as_ref()))
    }

    fn taken(&self, selector: Option<&LabelSelector>) -> bool {
        selector.is_some_and(|it| takes(it, &self.labels))
    }
}

/// The pods that objects make or are, each with the index and identity of its object.
fn read(resolved: &Resolved, objects: &[Object]) -> Vec<(usize, ObjectId, Placed)> {
    let scalers = objects.iter().filter(|it| scale::is_autoscaler(it.kind()));
    let scalers: Vec<(Option<String>, Scaled)> =
        scalers.filter_map(|it| Some((it.id().namespace, scale::read(it.kind(), &it.to_value())?))).collect();
    let mut found = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        let Some(template) = object.pods() else { continue };
        let id = object.id();
        let scaled = scalers
            .iter()
            .find(|(namespace, it)| *namespace == id.namespace && it.kind == *id.kind && it.name == id.name);
        let Some(number) = number(object, scaled.map(|(_, it)| it)) else { continue };
        if let Some(placed) = one(resolved, &id, &template, number) {
            let ahead = ahead(object, number);
            found.push((index, id, Placed { ahead, ..placed }));
        }
    }
    found
}

fn one(resolved: &Resolved, id: &ObjectId, template: &PodTemplateSpec, number: Number) -> Option<Placed> {
    // Who names a node asks no scheduler.
    let spec = template.spec.as_ref().filter(|it| it.node_name.is_none())?;
    let namespace = id.namespace.clone().unwrap_or_default();
    let own = resolved.stack.namespaces.iter().find(|(key, _)| resolved.namespace(key) == namespace);
    let defaults = own.map(|(_, it)| defaults(it)).unwrap_or_default();
    let Usage { mut requests, .. } = usage::pod(spec, &defaults, parse);
    let metadata = template.metadata.as_ref();
    let annotations = metadata.and_then(|it| it.annotations.as_ref());
    for (key, resource) in PROXIES {
        let amount = annotations.and_then(|it| parse(it.get(key)?));
        if let Some(amount) = amount {
            more(&mut requests, resource, amount);
        }
    }
    Some(Placed {
        component: None,
        span: None,
        further: false,
        title: format!("{} `{}`", id.kind, id.name),
        namespace,
        labels: metadata.and_then(|it| it.labels.clone()).unwrap_or_default(),
        spec: PodSpec {
            affinity: spec.affinity.clone(),
            node_selector: spec.node_selector.clone(),
            tolerations: spec.tolerations.clone(),
            topology_spread_constraints: spec.topology_spread_constraints.clone(),
            ..PodSpec::default()
        },
        requests: counted(requests),
        number,
        ahead: Ahead::Nothing,
        votes: None,
    })
}

/// With the pod itself.
fn counted(mut requests: Amounts) -> Amounts {
    requests.insert("pods".to_owned(), 1000);
    requests
}

/// How many pods an object makes; none of what others make pods of.
fn number(object: &Object, scaled: Option<&Scaled>) -> Option<Number> {
    let kept = |least, most| Number::Kept { least, most };
    Some(match object.kind() {
        "PodTemplate" => return None,
        "DaemonSet" => Number::OneEach,
        "Job" | "CronJob" => Number::Runs,
        _ if scaled.is_some() => scaled.map(|it| kept(it.least, it.most))?,
        _ => {
            let written = match object {
                Object::Deployment(it) => it.spec.replicas.map(i64::from),
                Object::Rollout(it) => it.spec.replicas.map(i64::from),
                Object::StatefulSet(it) => it.spec.replicas.map(i64::from),
                Object::Raw(it) => it.pointer("/spec/replicas").and_then(Value::as_i64),
                _ => None,
            };
            let number = written.and_then(|it| u64::try_from(it).ok()).unwrap_or(1);
            kept(number, number)
        }
    })
}

/// What a rollout makes before pods go: where both amounts come to none, one may be away
/// (`ResolveFenceposts` in `pkg/controller/deployment/util`, which Argo Rollouts has, too).
fn ahead(object: &Object, number: Number) -> Ahead {
    let Number::Kept { least, .. } = number else { return Ahead::Nothing };
    let rolling = match object.kind() {
        "Deployment" => "/spec/strategy/rollingUpdate",
        "Rollout" => "/spec/strategy/canary",
        _ => return Ahead::Nothing,
    };
    let whole = object.to_value();
    let said = |field: &str| whole.pointer(rolling).and_then(|it| it.get(field));
    if whole.pointer("/spec/strategy/blueGreen").is_some() {
        return Ahead::All;
    }
    if said("trafficRouting").is_some() {
        let follows = said("dynamicStableScale") == Some(&Value::Bool(true));
        return if follows { Ahead::Nothing } else { Ahead::All };
    }
    if whole.pointer("/spec/strategy/type").and_then(Value::as_str) == Some("Recreate") {
        return Ahead::Nothing;
    }
    let amount = |field: &str| {
        let written = said(field).and_then(|it| IntOrString::deserialize(it).ok());
        hundredths(&written.unwrap_or_else(|| IntOrString::String("25%".to_owned())), least)
    };
    // A surge is rounded up, what may be away down.
    if amount("maxSurge") > 0 && amount("maxUnavailable") < 100 { Ahead::One } else { Ahead::Nothing }
}
