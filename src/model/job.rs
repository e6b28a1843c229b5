//! Jobs: what runs to its end, before others, after them, or on a schedule.

use std::sync::LazyLock;

use schemars::JsonSchema;

use super::codes;
use super::decode::{Cx, Decode, Fields, OneOrMany, Place};
use super::macros::{choice, model, words};
use super::schedule::ScheduleOrCron;
use super::{Common, Container, Name, PodFields, Restart, Schedule, schema};
use crate::diag::Diagnostic;

model! {
    /// What only jobs have.
    pub struct JobFields {
        /// When it runs: `{ before-rollout: [web] }`, before the pods of these start in a new version; `after-rollout`, once
        /// everything is there; or `{ schedule: "15 3 * * *" }`.
        "run" run: Moment,
        /// How often it is tried again after a failure.
        "retries" retries: u32 = 6,
        /// Seconds, all tries together, after which it is stopped and has failed; never unless given.
        "activeDeadlineSeconds" deadline: Option<u32>,
        /// What tries again: a new pod, so that the logs of each failed one stay, or the same one; `Never`, a new one, unless given.
        "restartPolicy" restart: Restart = Restart::Never,
    }
}

choice! {
    /// When a job runs.
    pub enum MomentFields {
        /// Before the pods of these services and tiers start in a new version. Argo CD and Helm run it as a hook, Flux applies it
        /// first; where no tool is named, it runs first in each of these pods, all at once: it must lock what it changes.
        "before-rollout" Before(OneOrMany<Name>),
        /// Again and again: five fields of cron, or a mapping with `cron`.
        "schedule" Schedule(Box<ScheduleOrCron>),
    }
}

words! {
    /// When a job runs, in a word.
    pub enum MomentWord {
        /// Once everything is there and healthy.
        "after-rollout" After,
    }
}

/// When a job runs.
#[derive(Clone, Debug)]
pub enum Moment {
    /// Before the pods of these start in a new version.
    Before(Vec<Name>),
    /// Once everything is there and healthy.
    After,
    /// Again and again.
    Scheduled(Box<Schedule>),
}

impl Decode for Moment {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if let Some(scalar) = at.node.as_scalar() {
            if &*scalar.text == "before-rollout" {
                let message = "`before-rollout` says nothing of what waits for it";
                cx.push(
                    Diagnostic::at_span(&codes::NOT_ONE_OF, at.node.span, message)
                        .help("name the services and tiers: `run: { before-rollout: [web] }`"),
                );
                return None;
            }
            return MomentWord::decode(at, cx).map(|MomentWord::After| Self::After);
        }
        match MomentFields::decode(at, cx)? {
            MomentFields::Before(OneOrMany(names)) => {
                if at.node.get("before-rollout").and_then(|it| it.as_seq()).is_some_and(<[_]>::is_empty) {
                    let message = "a job that runs before nothing";
                    cx.push(
                        Diagnostic::at_span(&codes::BAD_VALUE, at.node.span, message)
                            .help("name the services and tiers that wait for it, or give it a `schedule`"),
                    );
                    return None;
                }
                Some(Self::Before(names))
            }
            MomentFields::Schedule(it) => Some(Self::Scheduled(Box::new(it.0))),
        }
    }
}

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (word, fields) =
            (generator.subschema_for::<MomentWord>(), generator.subschema_for::<MomentFields>());
        schemars::json_schema!({ "anyOf": [word, fields] })
    }
}

/// What services have and jobs do not, and why.
const WITHOUT: [(&str, &str); 9] = [
    ("ports", "nobody calls a job, and it has no Service"),
    ("probes", "nobody waits until a job is ready: it is done when it ends"),
    ("preStop", "a job ends by itself"),
    ("metrics", "a job has no port, and is gone before the next collection"),
    ("usedBy", "nobody calls a job"),
    ("disruption", "a job has one pod, and a budget for one would keep its node from ever being drained"),
    ("scale", "a job is one pod"),
    ("expose", "nobody calls a job"),
    ("rollout", "a job has no pods to replace: a changed one is another one"),
];

/// A job: a Job or `CronJob`, with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Job {
    /// What every component has.
    pub common: Common,
    /// The container.
    pub container: Container,
    /// What the pod has beside it.
    pub pod: PodFields,
    /// What only jobs have.
    pub fields: JobFields,
}

impl Job {
    /// The keys of the mapping.
    #[must_use]
    pub fn keys() -> &'static [&'static str] {
        static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
            let mut keys = [Common::KEYS, Container::KEYS, PodFields::KEYS, JobFields::KEYS].concat();
            keys.retain(|key| !is_without(key));
            keys
        });
        &KEYS
    }
}

fn is_without(key: &str) -> bool {
    WITHOUT.iter().any(|(it, _)| *it == key)
}

impl Decode for Job {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
            let refused = WITHOUT.iter().map(|(key, _)| *key);
            Job::keys().iter().copied().chain(refused).collect()
        });
        // What is written short is reported as such below.
        for (key, entry) in at.node.as_map().into_iter().flatten() {
            let Some((_, why)) = WITHOUT.iter().find(|(it, _)| *it == &**key) else { continue };
            cx.push(
                Diagnostic::at_span(&codes::NOT_ONE_OF, entry.key, format!("a job has no `{key}`"))
                    .note(*why)
                    .help(format!("remove it; where a profile gives it, write `{key}: null` in the job")),
            );
        }
        let fields = Fields::open(at, &KNOWN, cx)?;
        let common = Common::decode_fields(&fields, cx);
        let container = Container::decode_fields(&fields, cx);
        let pod = PodFields::decode_fields(&fields, cx);
        let own = JobFields::decode_fields(&fields, cx);
        Some(Self { common: common?, container: container?, pod: pod?, fields: own? })
    }
}

impl JsonSchema for Job {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Job".into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        concat!(module_path!(), "::Job").into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut fields = Common::field_schemas(generator);
        fields.extend(Container::field_schemas(generator));
        fields.extend(PodFields::field_schemas(generator));
        fields.extend(JobFields::field_schemas(generator));
        fields.retain(|(key, ..)| !is_without(key));
        fields.extend(WITHOUT.map(|(key, why)| {
            let docs = format!("Only `null`, which takes back what a profile gives: {why}.");
            (key, schemars::json_schema!({ "type": "null", "description": docs }), false)
        }));
        schema::object("A job: a Job or CronJob, with everything that belongs to it.", fields)
    }
}
