//! Pods: identity, placement, and the defaults that every pod has.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::mesh;
use crate::model::Affinity;
use crate::resolve::{Component, Resolved, meta};
use crate::workload::{Controller, Workload};

/// The pod template of a workload, whose pod it takes.
pub(super) fn template(
    resolved: &Resolved,
    component: &Component,
    workload: &mut Workload,
) -> core::PodTemplateSpec {
    let common = resolved.common(component);
    let pod = std::mem::take(&mut workload.pod);
    let workload = &*workload;
    // The identity comes last: a selector that its own pods do not match can never be mended.
    let mut labels = pod.labels;
    labels.extend(common.labels.iter().map(|(key, it)| (key.to_string(), it.clone())));
    labels.extend(resolved.labels(Some(component)));
    if workload.part.is_some() {
        labels.extend(resolved.selector(component, workload.part));
    }
    let mut annotations = pod.annotations;
    annotations.extend(mesh::pod_annotations(resolved, component, &annotations));
    annotations.extend(common.annotations.iter().map(|(key, it)| (key.to_string(), it.clone())));
    let affinity = common.affinity.as_ref().and_then(|it| resolved.stack.affinity.get(it));
    core::PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..Default::default()
        }),
        spec: Some(core::PodSpec {
            affinity: affinity.and_then(|it| placement(resolved, component, it, workload)),
            automount_service_account_token: Some(pod.automount_token),
            containers: pod.containers,
            enable_service_links: Some(false),
            init_containers: (!pod.init.is_empty()).then_some(pod.init),
            priority_class_name: affinity.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
            security_context: Some(pod.security),
            service_account_name: Some(component.service_account.clone()),
            termination_grace_period_seconds: Some(i64::from(pod.grace)),
            tolerations: affinity.and_then(tolerations),
            topology_spread_constraints: affinity.and_then(|it| spread(resolved, component, it, workload)),
            volumes: (!pod.volumes.is_empty()).then_some(pod.volumes),
            ..Default::default()
        }),
    }
}

fn placement(
    resolved: &Resolved,
    component: &Component,
    affinity: &Affinity,
    workload: &Workload,
) -> Option<core::Affinity> {
    let node_affinity = (!affinity.nodes.is_empty()).then(|| core::NodeAffinity {
        required_during_scheduling_ignored_during_execution: Some(core::NodeSelector {
            node_selector_terms: vec![core::NodeSelectorTerm {
                match_expressions: Some(
                    affinity
                        .nodes
                        .iter()
                        .map(|(key, values)| core::NodeSelectorRequirement {
                            key: key.to_string(),
                            operator: "In".to_owned(),
                            values: Some(values.0.clone()),
                        })
                        .collect(),
                ),
                ..Default::default()
            }],
        }),
        ..Default::default()
    });
    // A Job may stand beside what it sets up.
    let stays = !matches!(workload.controller, Controller::Job { .. });
    let pod_anti_affinity = affinity.separate.filter(|_| stays).map(|domain| core::PodAntiAffinity {
        required_during_scheduling_ignored_during_execution: Some(vec![core::PodAffinityTerm {
            label_selector: Some(meta::selector(resolved, component, workload.part)),
            topology_key: domain.label().to_owned(),
            ..Default::default()
        }]),
        ..Default::default()
    });
    (node_affinity.is_some() || pod_anti_affinity.is_some()).then_some(core::Affinity {
        node_affinity,
        pod_anti_affinity,
        pod_affinity: None,
    })
}

fn tolerations(affinity: &Affinity) -> Option<Vec<core::Toleration>> {
    let one = |(key, value): (&crate::model::LabelKey, &String)| core::Toleration {
        key: Some(key.to_string()),
        operator: Some(if value.is_empty() { "Exists" } else { "Equal" }.to_owned()),
        value: (!value.is_empty()).then(|| value.clone()),
        ..Default::default()
    };
    (!affinity.tolerations.is_empty()).then(|| affinity.tolerations.iter().map(one).collect())
}

fn spread(
    resolved: &Resolved,
    component: &Component,
    affinity: &Affinity,
    workload: &Workload,
) -> Option<Vec<core::TopologySpreadConstraint>> {
    // Counting only pods of one revision keeps a rollout from skewing the new pods. StatefulSets have no such label.
    let revision = matches!(workload.controller, Controller::Deployment { .. });
    let one = |domain: &crate::model::Domain| core::TopologySpreadConstraint {
        label_selector: Some(meta::selector(resolved, component, workload.part)),
        match_label_keys: revision.then(|| vec!["pod-template-hash".to_owned()]),
        max_skew: 1,
        topology_key: domain.label().to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        ..Default::default()
    };
    let stays = !matches!(workload.controller, Controller::Job { .. });
    (stays && !affinity.spread.0.is_empty()).then(|| affinity.spread.0.iter().map(one).collect())
}
