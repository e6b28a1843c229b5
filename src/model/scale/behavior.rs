//! How fast pods come and go.

use indexmap::IndexMap;
use schemars::JsonSchema;

use crate::model::decode::{Cx, Decode, Fields, Place};
use crate::model::macros::{model, words};
use crate::model::{Duration, Name};

words! {
    /// Which of several policies holds.
    pub enum SelectPolicy {
        /// The one that changes most.
        "Max" Max,
        /// The one that changes least.
        "Min" Min,
        /// None: the number does not change in this direction.
        "Disabled" Disabled,
    }
}

model! {
    /// How fast pods come and go, as a HorizontalPodAutoscaler has it.
    pub struct Behavior {
        /// How pods come.
        "scaleUp" scale_up: Option<ScalingRules>,
        /// How pods go.
        "scaleDown" scale_down: Option<ScalingRules>,
    }

    /// How the number of pods changes in one direction. What is not said is as Kubernetes has it.
    pub struct ScalingRules {
        /// How long another number must hold before it is followed.
        "stabilizationWindow" window: Option<Duration>,
        /// How many pods may come or go in a period, by any names.
        "policies" policies: IndexMap<Name, ScalingPolicy>,
        /// Which of several policies holds.
        "selectPolicy" select: Option<SelectPolicy>,
    }

    /// How many pods may come or go in a period: one of `pods` and `percent`.
    pub struct ScalingPolicyFields {
        /// A number of pods.
        "pods" pods: Option<u32>,
        /// A share of the pods that there are, in percent.
        "percent" percent: Option<u32>,
        /// The period: at most 30 minutes.
        "period" period: Duration,
    }
}

impl Behavior {
    /// Both directions that are given, with their keys.
    pub fn directions(&self) -> impl Iterator<Item = (&'static str, &ScalingRules)> {
        let both = [("scaleUp", &self.scale_up), ("scaleDown", &self.scale_down)];
        both.into_iter().filter_map(|(key, it)| Some((key, it.as_ref()?)))
    }
}

/// How much may come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A number of pods.
    Pods(u32),
    /// A share of the pods that there are.
    Percent(u32),
}

impl Step {
    /// The key of the language, and the number.
    #[must_use]
    pub fn parts(self) -> (&'static str, u32) {
        match self {
            Self::Pods(it) => ("pods", it),
            Self::Percent(it) => ("percent", it),
        }
    }
}

/// How many pods may come or go in a period.
#[derive(Clone, Debug)]
pub struct ScalingPolicy {
    /// How many.
    pub step: Step,
    /// The period.
    pub period: Duration,
}

impl Decode for ScalingPolicy {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let keys = ScalingPolicyFields::KEYS;
        let (open, chosen) = Fields::open_choice(at, keys, &["pods", "percent"], cx)?;
        let fields = ScalingPolicyFields::decode_fields(&open, cx)?;
        let step = match chosen? {
            "pods" => Step::Pods(fields.pods?),
            _ => Step::Percent(fields.percent?),
        };
        Some(Self { step, period: fields.period })
    }
}

impl JsonSchema for ScalingPolicy {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ScalingPolicy".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ScalingPolicyFields::json_schema(generator)
    }
}
