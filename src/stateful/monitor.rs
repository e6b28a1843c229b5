//! Whose metrics are collected, by whom.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::model::macros::model;
use crate::model::{Duration, LabelKey, Name};

model! {
    /// Who collects the metrics of a tier, by a `PodMonitor` of the Prometheus Operator.
    pub struct Monitor {
        /// The collector: a name of `clients`. It is let in to the ports with metrics.
        "by" by: Name,
        /// Labels of the `PodMonitor`, by which the collector may select it.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Time between two collections; the collector's own unless given.
        "interval" interval: Option<Duration>,
    }
}

/// A tier with metrics that somebody collects.
#[derive(Clone, Debug)]
pub struct Monitored<'a> {
    /// What the stack says.
    pub monitor: &'a Monitor,
    /// The pods.
    pub targets: Vec<Target>,
}

/// Pods that show metrics.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the name of their `PodMonitor` has after that of the tier.
    pub suffix: &'static str,
    /// Their labels; those of all pods of the tier where none.
    pub pods: Option<BTreeMap<String, String>>,
    /// The container port, by name and number.
    pub port: (&'static str, u16),
}
