//! What applying a change does to what runs.

mod compose;
mod immutable;
mod kinds;
pub(super) mod pods;
mod presence;
mod routes;
mod selectors;
mod storage;

use std::fmt;
use std::str::FromStr;

use super::compare::{Change, What};
use super::object::Item;
use super::scaling::Scaling;
use crate::k8s::delivery::{ARGO_REPLACED, HELM_REPLACED};

pub(super) use presence::{gone, new, renamed};
pub(super) use selectors::settle;

/// What a change does to what runs, from nothing to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impact {
    /// Nothing that runs reads it.
    None,
    /// It takes effect without a restart.
    Hot,
    /// There are more or fewer pods.
    Scale,
    /// Pods are replaced while others serve.
    Rolling,
    /// A controller that is not Kubernetes' own decides; it may restart pods.
    Unknown,
    /// For a while, or for good, nobody serves.
    Downtime,
    /// The API server refuses the change: the object has to be deleted and made anew.
    Recreate,
    /// Data may be lost or left behind.
    Data,
}

impl Impact {
    /// All, from the least to the worst.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Hot,
        Self::Scale,
        Self::Rolling,
        Self::Unknown,
        Self::Downtime,
        Self::Recreate,
        Self::Data,
    ];

    /// The word for programs and for `--fail-on`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hot => "hot",
            Self::Scale => "scale",
            Self::Rolling => "rolling",
            Self::Unknown => "unknown",
            Self::Downtime => "downtime",
            Self::Recreate => "recreate",
            Self::Data => "data",
        }
    }
}

/// As people read it.
impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no effect",
            Self::Hot => "without a restart",
            Self::Scale => "other number of pods",
            Self::Rolling => "rolling restart",
            Self::Unknown => "up to its controller",
            Self::Downtime => "downtime",
            Self::Recreate => "must be recreated",
            Self::Data => "data at risk",
        })
    }
}

impl FromStr for Impact {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|it| it.name() == name);
        known.ok_or_else(|| format!("`{name}` is no impact"))
    }
}

/// What a change does, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What it does.
    pub impact: Impact,
    /// Why, in a few words.
    pub reason: String,
    /// How many pods are replaced, where that is known.
    pub pods: Option<u64>,
}

impl Effect {
    pub(super) fn new(impact: Impact, reason: impl Into<String>) -> Self {
        Self { impact, reason: reason.into(), pods: None }
    }
}

/// What a change of an object does that is on both sides.
pub(super) fn effect(before: &Item, after: &Item, change: &Change, scaling: &Scaling) -> Effect {
    let kind = &*after.id.kind;
    let words = change.path.words();
    if compose::is_one(after) {
        return compose::changed(after, &words);
    }
    if kind == "Job" && is_hook(before) && is_hook(after) {
        return Effect::new(Impact::Hot, "a hook: its tool deletes it, and runs the new one");
    }
    if matches!(change.what, What::Files(..)) || is_template(kind, &words) {
        return pods::replaced(before, after, change, scaling);
    }
    if let Some(found) = storage::effect(kind, &words, &change.what) {
        return found;
    }
    if let Some(why) = immutable::reason(before, &words, change) {
        return Effect::new(Impact::Recreate, why);
    }
    pods::number(before, after, change, scaling)
        .or_else(|| routes::effect(before, after, &words))
        .unwrap_or_else(|| kinds::effect(after, &words, &change.what))
}

/// Whether the tool that runs a Job deletes the one of before.
fn is_hook(job: &Item) -> bool {
    [ARGO_REPLACED, HELM_REPLACED].into_iter().any(|it| job.says(it))
}

/// Whether a path is in the template of the pods that a controller replaces. Those of a Job never change, and those of a
/// `CronJob` are of runs to come.
fn is_template(kind: &str, words: &[&str]) -> bool {
    matches!(kind, "DaemonSet" | "Deployment" | "Rollout" | "StatefulSet")
        && words.starts_with(&["spec", "template"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::{changes, item};

    #[test]
    fn rules_in_another_order_are_the_same() {
        let of = |hosts: [&str; 2]| {
            item("Ingress", json!({ "spec": { "rules": hosts.map(|it| json!({ "host": it })) } }))
        };
        let worst = |before: &Item, after: &Item| {
            let all = changes(before, after);
            all.iter().map(|it| effect(before, after, it, &Scaling::default()).impact).max()
        };
        assert_eq!(worst(&of(["a", "b"]), &of(["b", "a"])), Some(Impact::Hot));
        assert_eq!(worst(&of(["a", "b"]), &of(["b", "c"])), Some(Impact::Downtime));
    }

    #[test]
    fn words_and_order() {
        for impact in Impact::ALL {
            assert_eq!(impact.name().parse(), Ok(impact));
        }
        assert!(Impact::ALL.is_sorted());
        assert!("restart".parse::<Impact>().is_err());
    }
}
