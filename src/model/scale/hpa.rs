//! Autoscalers that Kubernetes itself runs: what they aim at.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::Behavior;
use crate::model::decode::{Cx, Decode, Fields, Key, Place};
use crate::model::macros::{choice, model, words};
use crate::model::{Duration, LabelKey, Name, Quantity};

words! {
    /// Whose use of CPU and memory counts.
    pub enum Measured {
        /// That of all containers of the pod, a proxy of the mesh among them: each must have a request.
        "pod" Pod,
        /// That of the main container alone.
        "container" Container,
    }
}

model! {
    /// A HorizontalPodAutoscaler. It runs as many pods as the target asks for that asks for most.
    pub struct Hpa {
        /// The fewest pods.
        "min" min: u32,
        /// The most pods.
        "max" max: u32,
        /// Average CPU use aimed at, in percent of the request.
        "cpu" cpu: Option<u32>,
        /// Average memory use aimed at, in percent of the request.
        "memory" memory: Option<u32>,
        /// Whose use of CPU and memory counts: `pod`, or `container` for the main container alone, where sidecars would blur it.
        "measured" measured: Measured = Measured::Pod,
        /// Metrics that each pod reports, by name. The cluster needs an adapter that serves `custom.metrics.k8s.io`.
        "pods" pods: IndexMap<MetricName, PodsMetric>,
        /// Metrics of one object, by name, such as the requests of a route. They need the same adapter.
        "objects" objects: IndexMap<MetricName, ObjectMetric>,
        /// Metrics of something outside the cluster, by name. The cluster needs an adapter that serves `external.metrics.k8s.io`.
        "external" external: IndexMap<MetricName, ExternalMetric>,
        /// How long a lower number must hold before pods go: `behavior.scaleDown.stabilizationWindow`; `5m` unless given.
        "scaleDownWindow" scale_down_window: Option<Duration>,
        /// How long a higher number must hold before pods come: `behavior.scaleUp.stabilizationWindow`.
        "scaleUpWindow" scale_up_window: Option<Duration>,
        /// How fast pods come and go.
        "behavior" behavior: Option<Behavior>,
    }

    /// A metric that each pod reports.
    pub struct PodsMetric {
        /// The average over all pods aimed at.
        "average" average: Quantity,
        /// The metric's name in the adapter, where another than the key.
        "metric" metric: Option<MetricName>,
        /// Labels that the metric must have.
        "selector" selector: IndexMap<LabelKey, String>,
    }

    /// A metric of one object: one of `value` and `average`.
    pub struct ObjectMetricFields {
        /// The object.
        "of" of: MetricObject,
        /// The value aimed at.
        "value" value: Option<Quantity>,
        /// The value divided by the number of pods aimed at.
        "average" average: Option<Quantity>,
        /// The metric's name in the adapter, where another than the key.
        "metric" metric: Option<MetricName>,
        /// Labels that the metric must have.
        "selector" selector: IndexMap<LabelKey, String>,
    }

    /// A metric of something outside the cluster: one of `value` and `average`.
    pub struct ExternalMetricFields {
        /// The value aimed at.
        "value" value: Option<Quantity>,
        /// The value divided by the number of pods aimed at.
        "average" average: Option<Quantity>,
        /// The metric's name in the adapter, where another than the key.
        "metric" metric: Option<MetricName>,
        /// Labels that choose among metrics of that name.
        "selector" selector: IndexMap<LabelKey, String>,
    }

    /// An object of the service's namespace that the stack does not know.
    pub struct OtherObject {
        /// Its API version.
        "apiVersion" api_version: String,
        /// Its kind.
        "kind" kind: String,
        /// Its name.
        "name" name: String,
    }
}

choice! {
    /// The object that a metric is of; it is in the namespace of the service that is scaled.
    pub enum MetricObject {
        /// The Service of a service of the stack.
        "service" Service(Name),
        /// The route through a gateway, or the Ingress, of a service of the stack.
        "route" Route(Name),
        /// Another object.
        "object" Object(OtherObject),
    }
}

/// What a metric should be.
#[derive(Clone, Debug)]
pub enum MetricTarget {
    /// This.
    Value(Quantity),
    /// This, for each pod.
    Average(Quantity),
}

impl MetricTarget {
    /// The key of the language.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Average(_) => "average",
        }
    }

    /// The number.
    #[must_use]
    pub fn quantity(&self) -> &Quantity {
        match self {
            Self::Value(it) | Self::Average(it) => it,
        }
    }

    fn of(value: Option<Quantity>, average: Option<Quantity>) -> Option<Self> {
        value.map(Self::Value).or_else(|| average.map(Self::Average))
    }
}

/// A metric of one object.
#[derive(Clone, Debug)]
pub struct ObjectMetric {
    /// What it should be.
    pub target: MetricTarget,
    /// The other fields.
    pub fields: ObjectMetricFields,
}

/// A metric of something outside the cluster.
#[derive(Clone, Debug)]
pub struct ExternalMetric {
    /// What it should be.
    pub target: MetricTarget,
    /// The other fields.
    pub fields: ExternalMetricFields,
}

/// Decodes a struct whose `fields` has one of `value` and `average`.
macro_rules! targeted {
    ($type:ident, $fields:ident) => {
        impl Decode for $type {
            fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
                let (open, chosen) = Fields::open_choice(at, $fields::KEYS, &["value", "average"], cx)?;
                let mut fields = $fields::decode_fields(&open, cx)?;
                chosen?;
                let target = MetricTarget::of(fields.value.take(), fields.average.take())?;
                Some(Self { target, fields })
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $fields::json_schema(generator)
            }
        }
    };
}

targeted!(ObjectMetric, ObjectMetricFields);
targeted!(ExternalMetric, ExternalMetricFields);

/// The name of a metric: a part of the path under which the adapter serves it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetricName(String);

impl MetricName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key for MetricName {
    fn key(text: &str) -> Result<Self, String> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '%');
        if text.is_empty() || matches!(text, "." | "..") || text.contains(bad) {
            return Err(format!(
                "`{text}` is no name of a metric: it is part of a path, without `/`, `%` and spaces"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Decode for MetricName {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = cx.text(at.node, "the name of a metric")?;
        match Self::key(&text.text) {
            Ok(it) => Some(it),
            Err(why) => {
                cx.push(crate::diag::Diagnostic::at_span(&crate::model::codes::BAD_NAME, at.node.span, why));
                None
            }
        }
    }
}

impl JsonSchema for MetricName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MetricName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[^/%\\s]+$" })
    }
}
