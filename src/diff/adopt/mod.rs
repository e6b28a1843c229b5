//! What to write in the stack so that it goes on with an object of the cluster as it is.
//!
//! Kubernetes refuses another selector, `serviceName`, `podManagementPolicy` or claim template
//! (`ValidateStatefulSetUpdate` and its like in pkg/apis/apps/validation), and knows objects by their names.

mod claims;
mod flow;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use claims::{Claims, claims};
use flow::flow;

use super::compare::Change;
use super::identity::Pair;
use super::impact::Impact;
use super::object::Item;
use super::recipe::Advice;
use super::tiers;
use crate::k8s::labels;
use crate::model::{Adopt, AdoptedClaim, LabelKey, Name};
use crate::resolve::{Component, Resolved};
use crate::rule::can_be_kept;
use crate::stateful::pieces;

/// What is there of the cluster that no part of the stack has made.
#[derive(Debug)]
pub(super) struct Adoption<'a> {
    resolved: &'a Resolved,
    services: Vec<&'a Item>,
    /// What runs the same, by the number of the pair that is new.
    alike: BTreeMap<usize, &'a Item>,
    /// The components whose pods are those of several controllers.
    several: BTreeSet<&'a str>,
    /// Those that have several StatefulSets.
    sets: BTreeSet<&'a str>,
}

impl<'a> Adoption<'a> {
    /// `foreign` says whether something that is there is nothing that stackgen made.
    pub(super) fn new(pairs: &'a [Pair], resolved: &'a Resolved, foreign: &dyn Fn(&Item) -> bool) -> Self {
        let services = pairs.iter().filter_map(Pair::before).filter(|it| it.id.kind == "Service").collect();
        let old = |pair: &'a Pair| match pair {
            Pair::Gone(item) if foreign(item) && is_controller(item) => Some(&**item),
            _ => None,
        };
        let old: Vec<&Item> = pairs.iter().filter_map(old).collect();
        let mut alike = BTreeMap::new();
        let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, pair) in pairs.iter().enumerate() {
            let Pair::New(new) = pair else { continue };
            if !is_controller(new) {
                continue;
            }
            let own = images(new);
            let same = |it: &&&Item| {
                let place = |it: &Item| (it.id.kind.to_string(), it.id.namespace.clone());
                place(it) == place(new) && !images(it).is_disjoint(&own)
            };
            // Certain is what is one of a kind.
            if let [one] = old.iter().filter(same).collect::<Vec<_>>()[..] {
                alike.insert(at, *one);
                *taken.entry(&one.id.name).or_default() += 1;
            }
        }
        alike.retain(|_, it| taken[it.id.name.as_str()] == 1);
        let several = twice(pairs, |it| it.template_at().is_some());
        let sets = twice(pairs, |it| it.id.kind == "StatefulSet");
        Self { resolved, services, alike, several, sets }
    }

    /// What to write where a new object runs what one of the cluster runs under another name.
    pub(super) fn of_new(&self, at: usize, new: &Item) -> Vec<Advice> {
        let Some(old) = self.alike.get(&at) else { return Vec::new() };
        let why = |block: &Block| {
            let same = old.title();
            let why = format!(
                "{same} runs the same image: with this it goes on under its name, and nothing new comes beside it"
            );
            if block.open.is_empty() {
                return why;
            }
            format!("{why}; {}: compare again before applying", block.open.join(", "))
        };
        self.advice(old, new, why)
    }

    /// What to write where the API server would refuse a change of what never changes.
    pub(super) fn of_changed(&self, old: &Item, new: &Item, changes: &[(Change, Impact)]) -> Vec<Advice> {
        let refused = |it: &&(Change, Impact)| it.1 >= Impact::Recreate;
        let refused: Vec<Vec<&str>> = changes.iter().filter(refused).map(|it| it.0.path.words()).collect();
        if !is_of_others(old) || !refused.iter().any(|it| key_of(it).is_some()) {
            return Vec::new();
        }
        let why = |block: &Block| {
            if refused.iter().all(|it| key_of(it).is_some_and(|key| block.settles(key))) {
                return "the object goes on as it is in what never changes, and none of the steps below is needed for that"
                    .to_owned();
            }
            let kept: Vec<String> = block.kept.keys().map(|it| format!("`{it}`")).collect();
            let mut open = block.open.clone();
            if open.is_empty() {
                open.push("not all that never changes can be kept".to_owned());
            }
            let kept = kept.join(", ");
            format!("this keeps {kept}; {}: do the steps below before applying", open.join(", "))
        };
        self.advice(old, new, why)
    }

    fn advice(&self, old: &Item, new: &Item, why: impl Fn(&Block) -> String) -> Vec<Advice> {
        let Some(component) = self.resolved.components.get(new.label(labels::NAME)) else {
            return Vec::new();
        };
        // What else a tier has is called after it.
        if new.id.name != component.called.as_str() {
            return Vec::new();
        }
        let Some(block) = self.block(old, new, component) else { return Vec::new() };
        let said = self.resolved.adopted(component).map(written).unwrap_or_default();
        if block.kept.iter().all(|(key, it)| said.get(key) == Some(it)) {
            return Vec::new();
        }
        let place = component.route().steps().collect::<Vec<_>>().join(".");
        let why = why(&block);
        let text = flow(&block.kept.into());
        vec![Advice { action: format!("in {place} of the stack, write `adopt: {text}`"), why }]
    }

    /// What is kept of an object; nothing where that would not do.
    fn block(&self, old: &Item, new: &Item, component: &Component) -> Option<Block> {
        let mut block = Block::default();
        let own = component.name.as_str();
        let called = old.id.name.as_str();
        if called != own {
            block.keep("name", called);
        }
        if old.at("/spec/selector/matchExpressions").is_some() {
            return None;
        }
        let selector = old.at("/spec/selector/matchLabels").and_then(Value::as_object);
        if selector.into_iter().flatten().any(|(key, _)| !can_be_kept(key)) {
            return None;
        }
        let again = self.resolved.adopted(component);
        let is_kept = again.is_some_and(|it| !it.selector.is_empty());
        let differs = |it: &Map<String, Value>| {
            new.at("/spec/selector/matchLabels").and_then(Value::as_object) != Some(it)
        };
        if let Some(it) = selector.filter(|it| is_kept || differs(it)) {
            // One selector cannot belong to several controllers.
            if self.several.contains(own) {
                block.open.push(
                    "the selector cannot be kept, as pods of several controllers would bear it (SG607)"
                        .to_owned(),
                );
            } else {
                block.keep("selector", it.clone());
            }
        }
        let headless = old.text("/spec/serviceName");
        let set = old.id.kind == "StatefulSet";
        let one = set && !self.sets.contains(own);
        if set && !one {
            block.open.push(
                "what only one StatefulSet has cannot be kept, as there are several (SG607)".to_owned(),
            );
        }
        let is_standard = headless.is_empty() || headless == pieces::headless(called);
        // A Service with an address cannot lose it, and its clients go by it.
        let called_by = self.with_address(old, headless).filter(|_| one && !is_standard);
        let known = again.and_then(|it| it.service.as_ref()).map(ToString::to_string);
        let known = called_by.map(|it| it.id.name.clone()).or(known);
        let mut service = known.or_else(|| self.service(old)).unwrap_or_else(|| called.to_owned());
        if one && called_by.is_none() && headless == service {
            service = format!("{own}-clients");
        }
        if service != called && !component.endpoints.ports.is_empty() {
            block.keep("service", service);
        }
        if one {
            if called_by.is_some() {
                block.open.push(format!("`serviceName` cannot be kept, as the Service `{headless}` has an address by which clients call it"));
            } else if !is_standard {
                block.keep("headless", headless);
            }
            let Claims { kept, but } = claims(old, new, again);
            if !kept.is_empty() {
                block.keep("claims", kept);
            }
            block.scattered = but.is_some();
            block.open.extend(but.map(str::to_owned));
            let order = |it: &Item| match it.text("/spec/podManagementPolicy") {
                "" => "OrderedReady".to_owned(),
                said => said.to_owned(),
            };
            if order(old) != order(new) || again.is_some_and(|it| it.pod_management.is_some()) {
                block.keep("podManagementPolicy", order(old));
            }
        }
        (!block.kept.is_empty()).then_some(block)
    }

    /// The Service of a name beside an object, where it has an address.
    fn with_address(&self, old: &Item, name: &str) -> Option<&Item> {
        let own = |it: &&&Item| it.id.name == name && it.id.namespace == old.id.namespace;
        self.services.iter().find(own).copied().filter(|it| it.text("/spec/clusterIP") != "None")
    }

    /// The Service with an address that leads to the pods of an object, where it is one.
    fn service(&self, old: &Item) -> Option<String> {
        let labels = old.pods()?.pointer("/metadata/labels")?.as_object()?;
        let leads = |it: &&&Item| {
            let selector = it.at("/spec/selector").and_then(Value::as_object).filter(|it| !it.is_empty());
            it.id.namespace == old.id.namespace
                && it.text("/spec/clusterIP") != "None"
                && selector.is_some_and(|it| it.iter().all(|(key, value)| labels.get(key) == Some(value)))
        };
        let all: Vec<&&Item> = self.services.iter().filter(leads).collect();
        let named = all.iter().find(|it| it.id.name == old.id.name);
        match (named, &all[..]) {
            (Some(it), _) | (None, [it]) => Some(it.id.name.clone()),
            _ => None,
        }
    }
}

/// The components that have several new objects of a sort.
fn twice(pairs: &[Pair], sort: impl Fn(&Item) -> bool) -> BTreeSet<&str> {
    let (mut once, mut found) = (BTreeSet::new(), BTreeSet::new());
    for it in pairs.iter().filter_map(Pair::after).filter(|it| sort(it)) {
        let owner = it.label(labels::NAME);
        if !once.insert(owner) {
            found.insert(owner);
        }
    }
    found
}

/// What of an object can be kept.
#[derive(Debug, Default)]
struct Block {
    /// As `adopt` says it.
    kept: Map<String, Value>,
    /// What cannot be, and why.
    open: Vec<String>,
    /// Whether the claim templates are not those of the cluster even so.
    scattered: bool,
}

impl Block {
    fn keep(&mut self, key: &str, value: impl Into<Value>) {
        self.kept.insert(key.to_owned(), value.into());
    }

    /// Whether a field of `adopt` takes away what the API server refuses.
    fn settles(&self, key: &str) -> bool {
        self.kept.contains_key(key) && !(key == "claims" && self.scattered)
    }
}

/// The field of `adopt` that keeps what stands at a path.
fn key_of(path: &[&str]) -> Option<&'static str> {
    match path {
        ["spec", "selector", ..] => Some("selector"),
        ["spec", "serviceName"] => Some("headless"),
        ["spec", "podManagementPolicy"] => Some("podManagementPolicy"),
        ["spec", "volumeClaimTemplates"]
        | ["spec", "volumeClaimTemplates", _]
        | ["spec", "volumeClaimTemplates", _, "metadata", ..] => Some("claims"),
        _ => None,
    }
}

/// What the stack says already, as a block has it.
fn written(adopt: &Adopt) -> Map<String, Value> {
    let texts = |map: &IndexMap<LabelKey, String>| -> Map<String, Value> {
        map.iter().map(|(key, it)| (key.to_string(), it.as_str().into())).collect()
    };
    let mut said = Map::new();
    let mut add = |key: &str, it: Option<Value>| said.extend(it.map(|it| (key.to_owned(), it)));
    let name = |it: &Option<Name>| it.as_ref().map(|it| Value::from(it.as_str()));
    add("name", name(&adopt.name));
    add("selector", Some(texts(&adopt.selector).into()));
    add("service", name(&adopt.service));
    add("headless", name(&adopt.headless));
    let claim = |(key, it): (&Name, &AdoptedClaim)| {
        let own = it.name.as_ref().filter(|it| *it != key).map(|it| ("name".to_owned(), it.as_str().into()));
        let parts = [("labels", &it.labels), ("annotations", &it.annotations)];
        let parts = parts.into_iter().filter(|it| !it.1.is_empty());
        let parts = parts.map(|(key, it)| (key.to_owned(), texts(it).into()));
        (key.to_string(), Value::Object(own.into_iter().chain(parts).collect()))
    };
    add("claims", Some(Value::Object(adopt.claims.iter().map(claim).collect())));
    add("podManagementPolicy", adopt.pod_management.map(|it| it.as_str().into()));
    said
}

/// Whether something else than stackgen made an object, or has given it what it has been keeping since.
fn is_of_others(old: &Item) -> bool {
    let selector = old.at("/spec/selector/matchLabels").and_then(Value::as_object);
    let own = |key: &str| [labels::NAME, labels::PART_OF, labels::COMPONENT].contains(&key);
    let headless = old.text("/spec/serviceName");
    old.label(labels::MANAGED_BY) != labels::MANAGER
        || selector.into_iter().flatten().any(|(key, _)| !own(key))
        || !headless.is_empty() && headless != pieces::headless(&old.id.name)
}

/// Whether it is something that a component goes on with.
fn is_controller(item: &Item) -> bool {
    matches!(&*item.id.kind, "CronJob" | "DaemonSet" | "Deployment" | "Rollout" | "StatefulSet")
}

/// The images of the containers of an object's pods, without their tags.
fn images(item: &Item) -> BTreeSet<&str> {
    let containers = item.pods().and_then(|it| it.pointer("/spec/containers")?.as_array());
    let image = |it: &'_ Value| it.get("image").and_then(Value::as_str).is_some();
    let all = containers.into_iter().flatten().filter(|it| image(it));
    all.filter_map(|it| it.get("image")?.as_str()).map(tiers::repository).collect()
}
