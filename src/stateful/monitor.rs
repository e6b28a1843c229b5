//! What shows metrics, and what they say.

use std::borrow::Cow;
use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::model::macros::model;
use crate::model::{AbsolutePath, Container, Duration, LabelKey, Name, PodFields, ProbeScheme, SecretKey};

model! {
    /// Who collects the metrics of a tier, by a `PodMonitor` of the Prometheus Operator.
    pub struct Monitor {
        /// The collector: a name of `clients`, that of `observability` unless given. It is let in to the ports with metrics.
        "by" by: Option<Name>,
        /// Labels of the `PodMonitor`, by which the collector may select it.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Time between two collections; the collector's own unless given.
        "interval" interval: Option<Duration>,
    }
}

/// Pods that show metrics.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the name of their `PodMonitor` has after that of the component.
    pub suffix: &'static str,
    /// Their labels; those of all pods of the component where none.
    pub pods: Option<BTreeMap<String, String>>,
    /// The container port, by name and number.
    pub port: (Cow<'static, str>, u16),
    /// The path, where another than `/metrics`.
    pub path: Option<AbsolutePath>,
    /// How they are asked.
    pub scheme: ProbeScheme,
    /// The token that they ask for.
    pub bearer: Option<SecretKey>,
}

impl Target {
    /// All pods of a tier, by `/metrics` without TLS.
    #[must_use]
    pub fn pods((name, number): (&'static str, u16)) -> Self {
        Self {
            suffix: "",
            pods: None,
            port: (Cow::Borrowed(name), number),
            path: None,
            scheme: ProbeScheme::Http,
            bearer: None,
        }
    }
}

impl Target {
    /// The pods of a container that the stack describes, where it says that there are metrics; none where it has no such
    /// port.
    #[must_use]
    pub fn described(container: &Container, pod: &PodFields) -> Option<Self> {
        let metrics = pod.metrics.as_ref()?;
        let (name, port) = pod.ports(container).find(|(name, _)| **name == metrics.port)?;
        let standard = metrics.path.as_str() == "/metrics";
        Some(Self {
            suffix: "",
            pods: None,
            port: (Cow::Owned(name.to_string()), port.number.get()),
            path: (!standard).then(|| metrics.path.clone()),
            scheme: metrics.scheme,
            bearer: metrics.bearer.clone(),
        })
    }
}

/// What the metrics of an engine say, by the name of the metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// 1 of each member that knows a leader, 0 of each other.
    Leader(&'static str),
    /// How many seconds a standby is behind.
    Lag(&'static str),
}
