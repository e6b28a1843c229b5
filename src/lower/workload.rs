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
use crate::resolve::{Component, Resolved, meta, metadata};
use crate::workload::{ConfigFiles, Controller, Pace, Workload};

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
        Controller::Job { retries } => job(metadata, template, retries, files).into(),
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
/// another Job.
fn job(
    mut metadata: ObjectMeta,
    mut template: core::PodTemplateSpec,
    retries: u32,
    files: &[ConfigFiles],
) -> batch::Job {
    if let Some(spec) = &mut template.spec {
        spec.restart_policy = Some("OnFailure".to_owned());
    }
    let read = |it: &&ConfigFiles| mounts(&template, &it.name);
    let data: Vec<_> = files.iter().filter(read).map(|it| &it.files).collect();
    if let Some(name) = &mut metadata.name {
        *name = format!("{name}-{}", crate::k8s::content_suffix(&(&template, data)));
    }
    batch::Job {
        metadata,
        spec: Some(batch::JobSpec { backoff_limit: Some(count(retries)), template, ..Default::default() }),
        status: None,
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
