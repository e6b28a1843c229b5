//! Who mounts the claims that are there, and who calls the tiers: who must stop while data is copied.
//!
//! An autoscaler leaves a workload alone that has no pods (kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale, on
//! implicit maintenance-mode deactivation), and does not start it again. KEDA does, unless its object says
//! `autoscaling.keda.sh/paused-replicas` (keda.sh/docs, on pausing autoscaling).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Advice, at, step, word};
use crate::diag::and_list;
use crate::diff::object::Item;
use crate::k8s::labels;
use crate::resolve::Resolved;

/// What keeps the number of a workload's pods.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scaler {
    /// A `HorizontalPodAutoscaler`: its minimum.
    Pods(u64),
    /// A `ScaledObject`: its name.
    Keda(String),
}

/// A workload that can be stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::diff) struct User {
    /// In lower case.
    kind: String,
    name: String,
    namespace: String,
    /// The component that it is of.
    component: String,
    scaler: Option<Scaler>,
}

/// Who mounts claims, by namespace and name of the claim, and who calls tiers, by their names.
#[derive(Debug, Default)]
pub(in crate::diff) struct Users {
    mounts: BTreeMap<(String, String), Vec<User>>,
    workloads: Vec<User>,
    calls: BTreeMap<String, BTreeSet<String>>,
}

impl Users {
    /// Reads workloads, and who calls whom.
    pub(in crate::diff) fn read<'i>(
        items: impl Iterator<Item = &'i Item> + Clone,
        resolved: Option<&Resolved>,
    ) -> Self {
        let mut found = Self::default();
        for edge in resolved.into_iter().flat_map(|it| &it.edges) {
            let (from, to) = (edge.from.as_str(), edge.to.name().as_str());
            if from != to {
                found.calls.entry(to.to_owned()).or_default().insert(from.to_owned());
            }
        }
        let scalers = scalers(items.clone());
        for item in items {
            found.note(item, &scalers);
        }
        found
    }

    /// Who mounts a claim.
    pub(super) fn of(&self, namespace: &str, claim: &str) -> Vec<&User> {
        self.mounts.get(&(namespace.to_owned(), claim.to_owned())).into_iter().flatten().collect()
    }

    /// Who calls a tier.
    pub(super) fn callers(&self, tier: &str) -> Vec<&User> {
        let Some(names) = self.calls.get(tier) else { return Vec::new() };
        self.workloads.iter().filter(|it| names.contains(&it.component)).collect()
    }

    fn note(&mut self, item: &Item, scalers: &BTreeMap<(String, String, String), Scaler>) -> Option<()> {
        let pod = item.pods()?.get("spec")?;
        let namespace = item.text("/metadata/namespace");
        let kind = item.id.kind.to_lowercase();
        let user = User {
            component: item.label(labels::NAME).to_owned(),
            scaler: scalers.get(&(namespace.to_owned(), kind.clone(), item.id.name.clone())).cloned(),
            kind,
            name: item.id.name.clone(),
            namespace: namespace.to_owned(),
        };
        let mut claims: Vec<String> = Vec::new();
        for volume in pod.get("volumes").and_then(Value::as_array).into_iter().flatten() {
            claims.extend(
                volume.pointer("/persistentVolumeClaim/claimName").and_then(Value::as_str).map(str::to_owned),
            );
        }
        claims.extend(super::stateful_set::claims(item).into_iter().flat_map(|it| it.1));
        for claim in claims {
            let users = self.mounts.entry((namespace.to_owned(), claim)).or_default();
            if !users.contains(&user) {
                users.push(user.clone());
            }
        }
        self.workloads.push(user);
        Some(())
    }
}

fn scalers<'i>(items: impl Iterator<Item = &'i Item>) -> BTreeMap<(String, String, String), Scaler> {
    let one = |item: &Item| {
        let scaler = match &*item.id.kind {
            "HorizontalPodAutoscaler" => {
                Scaler::Pods(item.at("/spec/minReplicas").and_then(Value::as_u64).unwrap_or(1))
            }
            "ScaledObject" => Scaler::Keda(item.id.name.clone()),
            _ => return None,
        };
        let kind = item.text("/spec/scaleTargetRef/kind").to_lowercase();
        let kind = if kind.is_empty() { "deployment".to_owned() } else { kind };
        let name = item.text("/spec/scaleTargetRef/name").to_owned();
        Some(((item.text("/metadata/namespace").to_owned(), kind, name), scaler))
    };
    items.filter_map(one).collect()
}

impl User {
    fn named(&self) -> String {
        format!("{} {}{}", self.kind, word(&self.name), self.at())
    }

    fn at(&self) -> String {
        at(Some(&*self.namespace).filter(|it| !it.is_empty()))
    }

    fn scales(&self) -> bool {
        matches!(&*self.kind, "deployment" | "statefulset")
    }

    fn suspended(&self, it: bool) -> String {
        format!(r#"kubectl patch {} --type merge -p '{{"spec":{{"suspend":{it}}}}}'"#, self.named())
    }

    fn stop(&self, why: &str) -> Advice {
        let action = match &self.scaler {
            Some(Scaler::Keda(name)) => format!(
                "kubectl annotate scaledobject {}{} --overwrite autoscaling.keda.sh/paused-replicas=0",
                word(name),
                self.at()
            ),
            _ if self.scales() => format!("kubectl scale {} --replicas=0", self.named()),
            _ if self.kind == "cronjob" => self.suspended(true),
            _ => format!("stop the pods of {}", self.named()),
        };
        step(action, why)
    }

    /// What a description does not start again by itself.
    fn start(&self) -> Option<Advice> {
        let action = match &self.scaler {
            Some(Scaler::Keda(name)) => format!(
                "kubectl annotate scaledobject {}{} autoscaling.keda.sh/paused-replicas-",
                word(name),
                self.at()
            ),
            Some(Scaler::Pods(least)) => {
                format!("kubectl scale {} --replicas={}", self.named(), least.max(&1))
            }
            None if self.kind == "cronjob" => self.suspended(false),
            None => return None,
        };
        Some(step(
            action,
            "the description does not say how many pods run, or whether it does: nothing else starts it again",
        ))
    }
}

/// Stops workloads.
pub(super) fn stopped(users: &[&User], why: &str) -> Vec<Advice> {
    users.iter().map(|it| it.stop(why)).collect()
}

/// Starts those again that the description does not.
pub(super) fn started(users: &[&User]) -> Vec<Advice> {
    users.iter().filter_map(|it| it.start()).collect()
}

/// Keeps workloads stopped until a copy is restored: what comes before it is taken, and after it is back.
pub(super) fn held(users: &[&User]) -> (Vec<Advice>, Vec<Advice>) {
    let names: BTreeSet<String> =
        users.iter().filter(|it| it.scales()).map(|it| it.component.clone()).collect();
    let (mut first, mut then) = (Vec::new(), Vec::new());
    if users.is_empty() {
        first.push(step("stop whoever writes to it", "what is written after the copy is not in it"));
        then.push(step("start them again", "what was copied is back"));
        return (first, then);
    }
    if !names.is_empty() {
        let all = and_list(names.iter().map(String::as_str));
        first.push(step(
            format!("in the stack, `scale: 0` for {all}"),
            "the description would start them before the copy is back",
        ));
        then.push(step(
            format!("in the stack, `scale` of {all} as it was, and apply that"),
            "what was copied is back",
        ));
    }
    first.extend(stopped(
        users,
        "what is written after the copy is not in it; so it is with anybody else who writes",
    ));
    then.extend(started(users));
    (first, then)
}
