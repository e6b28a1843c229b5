//! What to write in the stack so that it goes on with an object of the cluster as it is.
//!
//! Kubernetes refuses another selector, `serviceName`, `podManagementPolicy` or claim template
//! (`ValidateStatefulSetUpdate` and its like in pkg/apis/apps/validation), and knows objects by their names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::compare::Change;
use super::identity::Pair;
use super::impact::Impact;
use super::object::Item;
use super::recipe::Advice;
use super::tiers;
use crate::k8s::labels;
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
        let (mut makers, mut several) = (BTreeSet::new(), BTreeSet::new());
        for it in pairs.iter().filter_map(Pair::after).filter(|it| it.template_at().is_some()) {
            let owner = it.label(labels::NAME);
            if !makers.insert(owner) {
                several.insert(owner);
            }
        }
        Self { resolved, services, alike, several }
    }

    /// What to write where a new object runs what one of the cluster runs under another name.
    pub(super) fn of_new(&self, at: usize, new: &Item) -> Vec<Advice> {
        let Some(old) = self.alike.get(&at) else { return Vec::new() };
        let why = format!(
            "{} runs the same image: with this it goes on under its name, and nothing new comes beside it",
            old.title()
        );
        self.advice(old, new, why)
    }

    /// What to write where the API server would refuse a change of what never changes.
    pub(super) fn of_changed(&self, old: &Item, new: &Item, changes: &[(Change, Impact)]) -> Vec<Advice> {
        let kept = |(change, impact): &(Change, Impact)| {
            let fixed = matches!(
                change.path.words()[..],
                ["spec", "selector" | "serviceName", ..]
                    | ["spec", "podManagementPolicy" | "volumeClaimTemplates"]
                    | ["spec", "volumeClaimTemplates", _]
                    | ["spec", "volumeClaimTemplates", _, "metadata", ..]
            );
            *impact >= Impact::Recreate && fixed
        };
        if !is_of_others(old) || !changes.iter().any(kept) {
            return Vec::new();
        }
        let why = "the object goes on as it is in what never changes, and none of the steps below is needed for that";
        self.advice(old, new, why.to_owned())
    }

    fn advice(&self, old: &Item, new: &Item, why: String) -> Vec<Advice> {
        let Some(component) = self.resolved.components.get(new.label(labels::NAME)) else {
            return Vec::new();
        };
        let Some(block) = self.block(old, new, component) else { return Vec::new() };
        let place = component.route().steps().collect::<Vec<_>>().join(".");
        vec![Advice { action: format!("in {place} of the stack, write `adopt: {block}`"), why }]
    }

    /// What is kept of an object, as a mapping in one line; nothing where that would not do.
    fn block(&self, old: &Item, new: &Item, component: &Component) -> Option<String> {
        let mut block = Map::new();
        let own = component.name.as_str();
        let called = old.id.name.as_str();
        if called != own {
            block.insert("name".to_owned(), called.into());
        }
        if old.at("/spec/selector/matchExpressions").is_some() {
            return None;
        }
        let selector = old.at("/spec/selector/matchLabels").and_then(Value::as_object);
        if selector.into_iter().flatten().any(|(key, _)| !can_be_kept(key)) {
            return None;
        }
        // One selector cannot belong to several controllers.
        let selector = selector.filter(|_| !self.several.contains(own));
        let again = self.resolved.adopted(component);
        let is_kept = again.is_some_and(|it| !it.selector.is_empty());
        if let Some(it) = selector
            .filter(|it| is_kept || new.at("/spec/selector/matchLabels") != Some(&(*it).clone().into()))
        {
            block.insert("selector".to_owned(), it.clone().into());
        }
        let headless = old.text("/spec/serviceName");
        let set = old.id.kind == "StatefulSet";
        let known = again.and_then(|it| it.service.as_ref()).map(ToString::to_string);
        let mut service = known.or_else(|| self.service(old)).unwrap_or_else(|| called.to_owned());
        if set && headless == service {
            service = format!("{own}-clients");
        }
        if service != called && !component.endpoints.ports.is_empty() {
            block.insert("service".to_owned(), service.into());
        }
        if set {
            if !headless.is_empty() && headless != pieces::headless(called) {
                block.insert("headless".to_owned(), headless.into());
            }
            let claims = self.claims(old, new, component);
            if !claims.is_empty() {
                block.insert("claims".to_owned(), claims.into());
            }
            let order = |it: &Item| match it.text("/spec/podManagementPolicy") {
                "" => "OrderedReady".to_owned(),
                said => said.to_owned(),
            };
            if order(old) != order(new) || again.is_some_and(|it| it.pod_management.is_some()) {
                block.insert("podManagementPolicy".to_owned(), order(old).into());
            }
        }
        (!block.is_empty()).then(|| flow(&block.into()))
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

    /// The templates of claims, each with its labels, where they are not what stackgen has: those of one name, or by their order
    /// where there are as many.
    fn claims(&self, old: &Item, new: &Item, component: &Component) -> Map<String, Value> {
        let templates = |it: &Item| -> Vec<Value> {
            it.at("/spec/volumeClaimTemplates").and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let name =
            |it: &Value| it.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (old, new) = (templates(old), templates(new));
        let kept = self.resolved.adopted(component).map(|it| &it.claims);
        let standard = |shown: &str| {
            let renamed = kept.into_iter().flatten();
            let mut found = renamed.filter(|it| it.1.name.as_ref().is_some_and(|it| it.as_str() == shown));
            found.next().map_or_else(|| shown.to_owned(), |it| it.0.to_string())
        };
        let mut found = Map::new();
        for (at, it) in new.iter().enumerate() {
            let same = old.iter().find(|one| name(one) == name(it));
            let Some(one) = same.or_else(|| old.get(at).filter(|_| old.len() == new.len())) else { continue };
            let key = standard(&name(it));
            let mut claim = Map::new();
            if name(one) != key {
                claim.insert("name".to_owned(), name(one).into());
            }
            for part in ["labels", "annotations"] {
                let said = one.pointer(&format!("/metadata/{part}")).and_then(Value::as_object);
                if let Some(said) = said.filter(|it| !it.is_empty()) {
                    claim.insert(part.to_owned(), said.clone().into());
                }
            }
            if !claim.is_empty() {
                found.insert(key, claim.into());
            }
        }
        found
    }
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

/// A value as YAML in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut out = String::from("{ ");
            for (at, (key, value)) in map.iter().enumerate() {
                let gap = if at == 0 { "" } else { ", " };
                let _ = write!(out, "{gap}{}: {}", plain(key), flow(value));
            }
            out.push_str(" }");
            out
        }
        Value::String(text) => plain(text),
        other => other.to_string(),
    }
}

/// A text as it is where every reader of YAML takes it for a text, else in quotes.
fn plain(text: &str) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let word = words.contains(&text.to_ascii_lowercase().as_str());
    if letter && rest && !word { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_to_be_pasted_is_read_as_text() {
        let value =
            json!({ "selector": { "app.kubernetes.io/name": "web", "v": "1.4", "on": "yes", "x": "" } });
        let text = flow(&value);
        assert_eq!(text, r#"{ selector: { app.kubernetes.io/name: web, v: "1.4", "on": "yes", x: "" } }"#);
    }
}
