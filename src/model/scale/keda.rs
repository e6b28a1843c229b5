//! Autoscalers that KEDA runs: by what waits for the pods, down to none.

use indexmap::IndexMap;

use super::{Behavior, Trigger};
use crate::model::macros::{model, words};
use crate::model::{Duration, Name};

words! {
    /// How many pods run while KEDA cannot ask a trigger. All but `static` need KEDA 2.17.
    pub enum FallbackBehavior {
        /// As many as `replicas` says.
        "static" Static,
        /// As many as there are.
        "currentReplicas" Current,
        /// As many as there are, and at least `replicas`.
        "currentReplicasIfHigher" Higher,
        /// As many as there are, and at most `replicas`.
        "currentReplicasIfLower" Lower,
    }
}

model! {
    /// An autoscaler of KEDA. It runs as many pods as the trigger asks for that asks for most.
    pub struct Keda {
        /// The fewest pods; 0 where nothing waits and nothing need run.
        "min" min: u32,
        /// The most pods.
        "max" max: u32,
        /// The pods while no trigger is active: 0, where `min` is more.
        "idle" idle: Option<u32>,
        /// Average CPU use aimed at, in percent of the request: a trigger that wakes nobody.
        "cpu" cpu: Option<u32>,
        /// Average memory use aimed at, in percent of the request: a trigger that wakes nobody.
        "memory" memory: Option<u32>,
        /// How often KEDA asks while no pod runs.
        "pollingInterval" polling: Duration = Duration::parse("30s").ok()?,
        /// How long nothing must have waited before the last pod goes.
        "cooldownPeriod" cooldown: Duration = Duration::parse("5m").ok()?,
        /// How long after its creation the last pod stays in any case.
        "initialCooldownPeriod" initial_cooldown: Option<Duration>,
        /// How many pods run while KEDA cannot ask a trigger.
        "fallback" fallback: Option<Fallback>,
        /// How fast pods come and go, once there are any.
        "behavior" behavior: Option<Behavior>,
        /// What it looks at, by any names.
        "triggers" triggers: IndexMap<Name, Trigger>,
    }

    /// How many pods run while KEDA cannot ask a trigger.
    pub struct Fallback {
        /// After how many failures in a row.
        "failureThreshold" failures: u32,
        /// How many pods.
        "replicas" replicas: u32,
        /// What the number of pods that there are has to do with it.
        "behavior" behavior: Option<FallbackBehavior>,
    }
}
