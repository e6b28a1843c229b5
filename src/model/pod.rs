//! What a pod asks for, and how it comes and goes.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{CountOrPercent, Duration, Quantity, Text};

/// Amounts by resource.
pub(crate) type Amounts = IndexMap<String, Quantity>;

model! {
    /// What a container asks for and may use at most, as in Kubernetes.
    pub struct Resources {
        /// What the scheduler sets aside.
        "requests" requests: Amounts,
        /// What it may use at most.
        "limits" limits: Amounts,
    }

    /// What happens in a container before it is told to stop: one of `sleep` and `exec`.
    pub struct StopFields {
        /// Waiting, while the endpoint is taken out of service.
        "sleep" sleep: Option<Duration>,
        /// A command.
        "exec" exec: Option<Vec<Text>>,
    }

    /// How many pods a drain may take: one of `minAvailable` and `maxUnavailable`.
    pub struct DisruptionFields {
        /// Pods that stay.
        "minAvailable" min_available: Option<CountOrPercent>,
        /// Pods that may be away.
        "maxUnavailable" max_unavailable: Option<CountOrPercent>,
    }
}

/// What happens in a container before it is told to stop.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Waiting.
    Sleep(Duration),
    /// A command.
    Exec(Vec<Text>),
}

/// How many pods a drain may take.
#[derive(Clone, Copy, Debug)]
pub enum Disruption {
    /// Pods that stay.
    MinAvailable(CountOrPercent),
    /// Pods that may be away.
    MaxUnavailable(CountOrPercent),
}

impl Decode for Stop {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) = Fields::open_choice(at, StopFields::KEYS, StopFields::KEYS, cx)?;
        let read = StopFields::decode_fields(&fields, cx)?;
        match chosen? {
            "sleep" => read.sleep.map(Self::Sleep),
            _ => read.exec.map(Self::Exec),
        }
    }
}

impl Decode for Disruption {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) = Fields::open_choice(at, DisruptionFields::KEYS, DisruptionFields::KEYS, cx)?;
        let read = DisruptionFields::decode_fields(&fields, cx)?;
        match chosen? {
            "minAvailable" => read.min_available.map(Self::MinAvailable),
            _ => read.max_unavailable.map(Self::MaxUnavailable),
        }
    }
}

/// Gives an enum the schema of the struct that it is decoded through.
macro_rules! schema_of {
    ($type:ident, $fields:ident) => {
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

schema_of!(Stop, StopFields);
schema_of!(Disruption, DisruptionFields);
