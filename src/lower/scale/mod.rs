//! Autoscalers and disruption budgets.

mod hpa;
mod keda;

use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::workload::{count, int_or_string};
use crate::k8s::Object;
use crate::model::{Disruption, Scale};
use crate::resolve::{Component, Resolved, metadata};
use crate::workload::Budget;

/// What decides how many pods a service has, where the stack does not.
pub(super) fn autoscaler(resolved: &Resolved, component: &Component) -> Vec<Object> {
    match resolved.service(component).map(|it| &it.fields.scale) {
        Some(Scale::Hpa(hpa)) => vec![self::hpa::autoscaler(resolved, component, hpa).into()],
        Some(Scale::Keda(keda)) => self::keda::objects(resolved, component, keda),
        Some(Scale::Fixed(_) | Scale::PerNode) | None => Vec::new(),
    }
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
        (None, Budget::Majority(of)) => max_unavailable = Some(IntOrString::Int(count((of - 1) / 2))),
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
