//! Autoscalers and disruption budgets.

use k8s_openapi::api::autoscaling::v2;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::workload::{count, int_or_string};
use crate::model::{Disruption, Scale};
use crate::resolve::{Component, Resolved, metadata};
use crate::workload::Budget;

/// The autoscaler of a service that has one.
pub(super) fn autoscaler(resolved: &Resolved, component: &Component) -> Option<v2::HorizontalPodAutoscaler> {
    let Scale::Hpa(hpa) = &resolved.service(component)?.fields.scale else { return None };
    let metric = |name: &str, percent: Option<u32>| {
        Some(v2::MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(v2::ResourceMetricSource {
                name: name.to_owned(),
                target: v2::MetricTarget {
                    type_: "Utilization".to_owned(),
                    average_utilization: Some(count(percent?)),
                    ..Default::default()
                },
            }),
            ..Default::default()
        })
    };
    let window = |it: &crate::model::Duration| v2::HPAScalingRules {
        stabilization_window_seconds: Some(i32::try_from(it.seconds()).unwrap_or(i32::MAX)),
        ..Default::default()
    };
    Some(v2::HorizontalPodAutoscaler {
        metadata: metadata(resolved, Some(component), component.name.as_str()),
        spec: v2::HorizontalPodAutoscalerSpec {
            behavior: Some(v2::HorizontalPodAutoscalerBehavior {
                scale_down: Some(window(&hpa.scale_down_window)),
                scale_up: hpa.scale_up_window.as_ref().map(window),
            }),
            max_replicas: count(hpa.max),
            metrics: Some(
                [metric("cpu", hpa.cpu), metric("memory", hpa.memory)].into_iter().flatten().collect(),
            ),
            min_replicas: Some(count(hpa.min)),
            scale_target_ref: v2::CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: component.name.to_string(),
            },
        },
        status: None,
    })
}

/// How many pods a drain may take: as the stack says, else as the arithmetic of the part gives. What the stack says is meant of
/// the main part.
pub(super) fn budget(
    resolved: &Resolved,
    component: &Component,
    name: &str,
    pods: LabelSelector,
    derived: Budget,
    main: bool,
) -> Option<policy::PodDisruptionBudget> {
    let (mut min_available, mut max_unavailable) = (None, None);
    let said = resolved.common(component).disruption.filter(|_| main);
    match (said, derived) {
        (Some(Disruption::MinAvailable(it)), _) => min_available = Some(int_or_string(it)),
        (Some(Disruption::MaxUnavailable(it)), _) => max_unavailable = Some(int_or_string(it)),
        (None, Budget::MaxUnavailable(it)) => max_unavailable = Some(IntOrString::Int(count(it))),
        // A budget for one pod would keep its node from ever being drained.
        (None, Budget::None) => return None,
    }
    Some(policy::PodDisruptionBudget {
        metadata: metadata(resolved, Some(component), name),
        spec: Some(policy::PodDisruptionBudgetSpec {
            max_unavailable,
            min_available,
            selector: Some(pods),
            // A pod that is not ready protects nobody, and must not keep a node from being drained.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
        }),
        status: None,
    })
}
