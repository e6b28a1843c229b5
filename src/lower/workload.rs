//! Controllers.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{pod, storage};
use crate::k8s::Object;
use crate::k8s::crd::argo_rollouts::rollout::{Rollout, RolloutSpec};
use crate::model::CountOrPercent;
use crate::resolve::{Component, Delivery, Resolved, meta, metadata};
use crate::workload::{ConfigFiles, Controller, Pace, Run, Schedule, Workload};

/// The controller of a workload.
pub(super) fn controller(
    resolved: &Resolved,
    component: &Component,
    mut workload: Workload,
    files: &[ConfigFiles],
) -> Object {
    let selector = meta::pods(resolved, component, &workload);
    let template = pod::template(resolved, component, &mut workload);
    let metadata = metadata(resolved, Some(component), &workload.name);
    match workload.controller {
        Controller::Deployment { replicas, pace } => apps::Deployment {
            metadata,
            spec: apps::DeploymentSpec {
                replicas: replicas.map(count),
                selector,
                strategy: Some(strategy(pace)),
                template,
                ..Default::default()
            },
            status: None,
        }
        .into(),
        Controller::Rollout { replicas, strategy } => Rollout {
            metadata,
            spec: RolloutSpec { replicas: replicas.map(count), selector, strategy: *strategy, template },
        }
        .into(),
        Controller::DaemonSet { pace } => apps::DaemonSet {
            metadata,
            spec: apps::DaemonSetSpec {
                selector,
                template,
                update_strategy: Some(apps::DaemonSetUpdateStrategy {
                    type_: Some("RollingUpdate".to_owned()),
                    rolling_update: Some(apps::RollingUpdateDaemonSet {
                        max_surge: Some(int_or_string(pace.surge)),
                        max_unavailable: Some(int_or_string(pace.unavailable)),
                    }),
                }),
                ..Default::default()
            },
            status: None,
        }
        .into(),
        Controller::StatefulSet { replicas, headless, parallel, claims, update } => apps::StatefulSet {
            metadata,
            spec: apps::StatefulSetSpec {
                persistent_volume_claim_retention_policy: (!claims.is_empty()).then(|| {
                    apps::StatefulSetPersistentVolumeClaimRetentionPolicy {
                        when_deleted: Some("Retain".to_owned()),
                        when_scaled: Some("Retain".to_owned()),
                    }
                }),
                pod_management_policy: Some(if parallel { "Parallel" } else { "OrderedReady" }.to_owned()),
                replicas: Some(count(replicas)),
                selector,
                service_name: Some(headless),
                template,
                update_strategy: Some(apps::StatefulSetUpdateStrategy {
                    type_: Some(update.as_str().to_owned()),
                    rolling_update: None,
                }),
                volume_claim_templates: (!claims.is_empty())
                    .then(|| claims.iter().map(storage::template).collect()),
                ..Default::default()
            },
            status: None,
        }
        .into(),
        Controller::Job(run) => {
            let stays = matches!(resolved.delivery(component), Some(Delivery::Hook(_)));
            job(metadata, template, run, (!stays).then_some(files)).into()
        }
        Controller::CronJob { schedule, run } => {
            batch::CronJob { metadata, spec: cron_job(schedule, run, template), status: None }.into()
        }
    }
}

fn strategy(pace: Option<Pace>) -> apps::DeploymentStrategy {
    match pace {
        None => apps::DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None },
        Some(pace) => apps::DeploymentStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(apps::RollingUpdateDeployment {
                max_surge: Some(int_or_string(pace.surge)),
                max_unavailable: Some(int_or_string(pace.unavailable)),
            }),
        },
    }
}

/// A Job. What it does cannot be changed, so its name follows its pod and the files that the pod reads: a changed Job is
/// another Job. A hook is deleted before it is made again: its name stays, and no files are given.
fn job(
    mut metadata: ObjectMeta,
    template: core::PodTemplateSpec,
    run: Run,
    files: Option<&[ConfigFiles]>,
) -> batch::Job {
    let spec = job_spec(run, template);
    let read = |it: &&ConfigFiles| mounts(&spec.template, &it.name);
    if let (Some(files), Some(name)) = (files, &mut metadata.name) {
        let data: Vec<_> = files.iter().filter(read).map(|it| &it.files).collect();
        *name = format!("{name}-{}", crate::k8s::content_suffix(&(&spec.template, data)));
    }
    batch::Job { metadata, spec: Some(spec), status: None }
}

fn job_spec(run: Run, mut template: core::PodTemplateSpec) -> batch::JobSpec {
    if let Some(spec) = &mut template.spec {
        spec.restart_policy = Some(run.restart.as_str().to_owned());
    }
    batch::JobSpec {
        active_deadline_seconds: run.deadline.map(i64::from),
        backoff_limit: Some(count(run.retries)),
        template,
        ..Default::default()
    }
}

/// Its Jobs are new ones each time, so a change needs no other name.
fn cron_job(schedule: Schedule, run: Run, template: core::PodTemplateSpec) -> batch::CronJobSpec {
    batch::CronJobSpec {
        concurrency_policy: Some(schedule.concurrency.as_str().to_owned()),
        failed_jobs_history_limit: Some(count(schedule.failed)),
        job_template: batch::JobTemplateSpec { metadata: None, spec: Some(job_spec(run, template)) },
        schedule: schedule.cron,
        starting_deadline_seconds: schedule.starting_deadline.map(i64::from),
        successful_jobs_history_limit: Some(count(schedule.succeeded)),
        suspend: Some(schedule.suspend),
        time_zone: Some(schedule.time_zone),
    }
}

/// Whether a pod mounts a ConfigMap.
fn mounts(template: &core::PodTemplateSpec, config_map: &str) -> bool {
    let volumes = template.spec.iter().filter_map(|it| it.volumes.as_ref()).flatten();
    volumes.filter_map(|it| it.config_map.as_ref()).any(|it| it.name == config_map)
}

pub(super) fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn int_or_string(value: CountOrPercent) -> IntOrString {
    match value {
        CountOrPercent::Count(number) => IntOrString::Int(count(number)),
        CountOrPercent::Percent(_) => IntOrString::String(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Concurrency, Restart};

    #[test]
    fn a_cron_job_says_all_that_kubernetes_would_decide() {
        let schedule = Schedule {
            cron: "15 3 * * *".to_owned(),
            time_zone: "Europe/Vienna".to_owned(),
            concurrency: Concurrency::Forbid,
            starting_deadline: Some(600),
            suspend: false,
            succeeded: 1,
            failed: 3,
        };
        let run = Run { retries: 2, deadline: Some(3600), restart: Restart::Never };
        let template = core::PodTemplateSpec { spec: Some(core::PodSpec::default()), metadata: None };
        let spec = serde_json::to_value(cron_job(schedule, run, template)).expect("a spec is JSON");
        let job = serde_json::json!({
            "activeDeadlineSeconds": 3600,
            "backoffLimit": 2,
            "template": { "spec": { "containers": [], "restartPolicy": "Never" } },
        });
        let wanted = serde_json::json!({
            "concurrencyPolicy": "Forbid",
            "failedJobsHistoryLimit": 3,
            "jobTemplate": { "spec": job },
            "schedule": "15 3 * * *",
            "startingDeadlineSeconds": 600,
            "successfulJobsHistoryLimit": 1,
            "suspend": false,
            "timeZone": "Europe/Vienna",
        });
        assert_eq!(spec, wanted);
    }
}
