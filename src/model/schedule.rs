//! When something is done again and again.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};
use super::{Cron, TimeZone};

words! {
    /// What becomes of a Job whose time has come while the one before still runs.
    pub enum Concurrency {
        /// It is left out.
        "Forbid" Forbid,
        /// It runs beside the other.
        "Allow" Allow,
        /// It takes the place of the other, which is stopped.
        "Replace" Replace,
    }

    /// What tries again where a container of a Job fails.
    pub enum Restart {
        /// A new pod: the logs of each failed one stay.
        "Never" Never,
        /// The same pod, whose logs go with it once it is given up.
        "OnFailure" OnFailure,
    }
}

model! {
    /// When Jobs are started, and what is kept of them.
    pub struct Schedule {
        /// When: five fields of cron, or a word such as `@daily`.
        "cron" cron: Cron,
        /// The time zone that it is read in; `Etc/UTC` unless given.
        "timeZone" time_zone: TimeZone = TimeZone::utc(),
        /// What becomes of one whose time has come while the one before still runs; `Forbid`, it is left out, unless given.
        "concurrencyPolicy" concurrency: Concurrency = Concurrency::Forbid,
        /// Seconds that one may be late, and is left out after; as late as it gets unless given.
        "startingDeadlineSeconds" starting_deadline: Option<u32>,
        /// Whether none is started for now.
        "suspend" suspend: bool = false,
        /// How many are kept that succeeded.
        "successfulJobsHistoryLimit" succeeded: u32 = 1,
        /// How many are kept that failed, with their logs.
        "failedJobsHistoryLimit" failed: u32 = 3,
    }
}

/// A schedule, or the time of one that says no more.
#[derive(Clone, Debug)]
pub struct ScheduleOrCron(pub Schedule);

impl Decode for ScheduleOrCron {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_scalar().is_none() {
            return Schedule::decode(at, cx).map(Self);
        }
        Cron::decode(at, cx).map(|cron| {
            Self(Schedule {
                cron,
                time_zone: TimeZone::utc(),
                concurrency: Concurrency::Forbid,
                starting_deadline: None,
                suspend: false,
                succeeded: 1,
                failed: 3,
            })
        })
    }
}

impl JsonSchema for ScheduleOrCron {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ScheduleOrCron".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (cron, schedule) = (generator.subschema_for::<Cron>(), generator.subschema_for::<Schedule>());
        schemars::json_schema!({ "anyOf": [cron, schedule] })
    }
}
