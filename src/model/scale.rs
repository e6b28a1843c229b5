//! How many pods: a fixed number or an autoscaler, never both.

use schemars::JsonSchema;

use super::Duration;
use super::decode::{Cx, Decode, Place};
use super::macros::{choice, model};

model! {
    /// A HorizontalPodAutoscaler.
    pub struct Hpa {
        /// The fewest pods.
        "min" min: u32,
        /// The most pods.
        "max" max: u32,
        /// Average CPU use aimed at, in percent of the request.
        "cpu" cpu: Option<u32>,
        /// Average memory use aimed at, in percent of the request.
        "memory" memory: Option<u32>,
        /// How long a lower number must hold before pods go.
        "scaleDownWindow" scale_down_window: Duration = Duration::parse("5m").ok()?,
        /// How long a higher number must hold before pods come.
        "scaleUpWindow" scale_up_window: Option<Duration>,
    }
}

choice! {
    /// The ways to say how many pods.
    pub enum ScaleFields {
        /// A fixed number.
        "fixed" Fixed(u32),
        /// An autoscaler.
        "hpa" Hpa(Hpa),
    }
}

/// How many pods.
#[derive(Clone, Debug)]
pub enum Scale {
    /// A fixed number.
    Fixed(u32),
    /// An autoscaler.
    Hpa(Hpa),
}

impl Scale {
    /// The fewest pods that ever run.
    #[must_use]
    pub fn floor(&self) -> u32 {
        match self {
            Self::Fixed(it) => *it,
            Self::Hpa(it) => it.min,
        }
    }
}

impl Decode for Scale {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_none() {
            return u32::decode(at, cx).map(Self::Fixed);
        }
        ScaleFields::decode(at, cx).map(|it| match it {
            ScaleFields::Fixed(it) => Self::Fixed(it),
            ScaleFields::Hpa(it) => Self::Hpa(it),
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
        schemars::json_schema!({ "anyOf": [number, fields] })
    }
}
