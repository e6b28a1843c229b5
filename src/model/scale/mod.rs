//! How many pods: a fixed number, an autoscaler, or one on each node; never two of them.

mod behavior;
mod hpa;
mod keda;
mod trigger;

use schemars::JsonSchema;

pub use behavior::{Behavior, ScalingPolicy, ScalingRules, SelectPolicy, Step};
pub use hpa::{
    ExternalMetric, Hpa, Measured, MetricName, MetricObject, MetricTarget, ObjectMetric, OtherObject,
    PodsMetric,
};

pub use keda::{Fallback, FallbackBehavior, Keda};
pub use trigger::{
    CronTrigger, KafkaTrigger, NatsTrigger, PostgresTrigger, PrometheusTrigger, RabbitMqProtocol,
    RabbitMqTrigger, RedisTrigger, Target, Trigger,
};

use super::decode::{Cx, Decode, Place};
use super::macros::choice;

choice! {
    /// The ways to say how many pods.
    pub enum ScaleFields {
        /// A fixed number.
        "fixed" Fixed(u32),
        /// An autoscaler.
        "hpa" Hpa(Box<Hpa>),
        /// An autoscaler of KEDA, which looks at what waits for the pods.
        "keda" Keda(Box<Keda>),
    }
}

/// How many pods.
#[derive(Clone, Debug)]
pub enum Scale {
    /// A fixed number.
    Fixed(u32),
    /// An autoscaler.
    Hpa(Box<Hpa>),
    /// An autoscaler of KEDA.
    Keda(Box<Keda>),
    /// One on each node that `affinity` allows.
    PerNode,
}

/// The word for one pod on each node.
const PER_NODE: &str = "per-node";

impl Scale {
    /// The fewest pods that ever run; none where the nodes decide.
    #[must_use]
    pub fn floor(&self) -> Option<u32> {
        match self {
            Self::Fixed(it) => Some(*it),
            Self::Hpa(it) => Some(it.min),
            Self::Keda(it) => Some(it.idle.unwrap_or(it.min)),
            Self::PerNode => None,
        }
    }

    /// The fewest pods that run whenever any do; none where the nodes decide.
    #[must_use]
    pub fn working_floor(&self) -> Option<u32> {
        match self {
            Self::Fixed(it) => Some(*it),
            Self::Hpa(it) => Some(it.min.max(1)),
            Self::Keda(it) => Some(it.min.max(1)),
            Self::PerNode => None,
        }
    }

    /// The most pods that ever run; none where the nodes decide.
    #[must_use]
    pub fn ceiling(&self) -> Option<u32> {
        match self {
            Self::Fixed(it) => Some(*it),
            Self::Hpa(it) => Some(it.max),
            Self::Keda(it) => Some(it.max),
            Self::PerNode => None,
        }
    }
}

impl Decode for Scale {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_none() {
            let scalar = cx.text(at.node, "a number of pods, `per-node`, or a mapping")?;
            return match (&*scalar.text, scalar.text.parse()) {
                (PER_NODE, _) => Some(Self::PerNode),
                (_, Ok(number)) if scalar.plain => Some(Self::Fixed(number)),
                _ if crate::diag::nearest(&scalar.text, [PER_NODE]).is_some() => {
                    cx.push(super::codes::unknown_word(&scalar.text, at.node.span, &[PER_NODE]));
                    None
                }
                _ => {
                    cx.wrong_type(
                        at.node,
                        "a whole number, `per-node`, or a mapping with `fixed`, `hpa` or `keda`",
                    );
                    None
                }
            };
        }
        ScaleFields::decode(at, cx).map(|it| match it {
            ScaleFields::Fixed(it) => Self::Fixed(it),
            ScaleFields::Hpa(it) => Self::Hpa(it),
            ScaleFields::Keda(it) => Self::Keda(it),
        })
    }
}

impl JsonSchema for Scale {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scale".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (number, fields) = (generator.subschema_for::<u32>(), generator.subschema_for::<ScaleFields>());
        let every = serde_json::json!({
            "enum": [PER_NODE],
            "description": "One pod on each node that `affinity` allows: a DaemonSet.",
        });
        schemars::json_schema!({ "anyOf": [number, every, fields] })
    }
}
