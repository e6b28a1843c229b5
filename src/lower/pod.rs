//! Pods: identity, placement, and the defaults that every pod has.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::monitor;
use crate::k8s::crd::argo_rollouts::rollout::POD_HASH;
use crate::k8s::labels::COMPONENT;
use crate::mesh;
use crate::model::{Affinity, Policies};
use crate::resolve::{Component, Resolved, meta};
use crate::stateful::PodTraits;
use crate::workload::{Controller, Workload, placement};

/// The pod template of a workload, whose pod it takes.
pub(super) fn template(
    resolved: &Resolved,
    component: &Component,
    workload: &mut Workload,
) -> core::PodTemplateSpec {
    let common = resolved.common(component);
    let selector = meta::pods(resolved, component, workload);
    let pod = std::mem::take(&mut workload.pod);
    let workload = &*workload;
    // The identity comes last: a selector that its own pods do not match can never be mended.
    let mut labels = pod.labels;
    labels.extend(common.labels.iter().map(|(key, it)| (key.to_string(), it.clone())));
    labels.extend(resolved.labels(Some(component)));
    labels.extend(workload.part.map(|it| (COMPONENT.to_owned(), it.to_owned())));
    if workload.part.is_some() || resolved.adopted(component).is_some() {
        labels.extend(resolved.selector(component, workload.part));
    }
    labels.extend(pod.identity);
    let mut annotations = pod.annotations;
    let ends = matches!(workload.controller, Controller::Job(_) | Controller::CronJob { .. });
    if !ends {
        annotations.extend(monitor::annotations(resolved, component));
    }
    let early = ends || !pod.init.is_empty();
    annotations.extend(mesh::pod_annotations(resolved, component, &annotations, early));
    annotations.extend(common.annotations.iter().map(|(key, it)| (key.to_string(), it.clone())));
    let affinity = affinity(resolved, component);
    // A Job may stand beside what it sets up, and of a DaemonSet no node has two pods.
    let everywhere = matches!(workload.controller, Controller::DaemonSet { .. });
    let apart = affinity.filter(|_| !ends && !everywhere);
    // Counting only pods of one revision keeps a rollout from skewing the new pods. StatefulSets have no such label.
    let revision = match workload.controller {
        Controller::Deployment { .. } => Some("pod-template-hash"),
        Controller::Rollout { .. } => Some(POD_HASH),
        _ => None,
    };
    core::PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..Default::default()
        }),
        spec: Some(core::PodSpec {
            affinity: placement::affinity(
                affinity.and_then(placement::nodes),
                apart.and_then(|it| placement::separate(it, selector.clone())),
            ),
            automount_service_account_token: Some(pod.automount_token),
            containers: pod.containers,
            enable_service_links: Some(false),
            init_containers: (!pod.init.is_empty()).then_some(pod.init),
            priority_class_name: affinity.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
            security_context: Some(pod.security),
            service_account_name: Some(component.service_account.clone()),
            termination_grace_period_seconds: Some(i64::from(pod.grace)),
            tolerations: affinity.and_then(placement::tolerations),
            topology_spread_constraints: apart.and_then(|it| placement::spread(it, &selector, revision)),
            volumes: (!pod.volumes.is_empty()).then_some(pod.volumes),
            ..Default::default()
        }),
    }
}

/// What the stack wants of the pods of a component that an operator makes: what [`template`] writes into others.
pub(super) fn traits(resolved: &Resolved, component: &Component) -> PodTraits {
    let common = resolved.common(component);
    let mut labels: BTreeMap<String, String> =
        common.labels.iter().map(|(key, it)| (key.to_string(), it.clone())).collect();
    labels.extend(resolved.selector(component, None));
    // Operators set up and copy data by Jobs.
    let mut annotations = monitor::annotations(resolved, component);
    annotations.extend(mesh::pod_annotations(resolved, component, &annotations, true));
    annotations.extend(common.annotations.iter().map(|(key, it)| (key.to_string(), it.clone())));
    PodTraits {
        labels,
        annotations,
        affinity: affinity(resolved, component).cloned(),
        late_proxy: mesh::late_proxy(resolved, component),
        policies: resolved.stack.network.policies == Policies::FromUses,
    }
}

fn affinity<'a>(resolved: &'a Resolved, component: &Component) -> Option<&'a Affinity> {
    resolved.stack.affinity.get(resolved.common(component).affinity.as_ref()?)
}
