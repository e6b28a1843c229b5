//! Where pods may run, in Kubernetes' terms: for the pods that we write and for those that an operator makes.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::model::{Affinity, LabelKey};

/// The nodes that are required.
#[must_use]
pub fn nodes(affinity: &Affinity) -> Option<core::NodeAffinity> {
    let one = |(key, values): (&LabelKey, &crate::model::decode::OneOrMany<String>)| {
        core::NodeSelectorRequirement {
            key: key.to_string(),
            operator: "In".to_owned(),
            values: Some(values.0.clone()),
        }
    };
    let term = core::NodeSelectorTerm {
        match_expressions: Some(affinity.nodes.iter().map(one).collect()),
        ..Default::default()
    };
    (!affinity.nodes.is_empty()).then(|| core::NodeAffinity {
        required_during_scheduling_ignored_during_execution: Some(core::NodeSelector {
            node_selector_terms: vec![term],
        }),
        ..Default::default()
    })
}

/// That the selected pods never share a domain.
#[must_use]
pub fn separate(affinity: &Affinity, selector: LabelSelector) -> Option<core::PodAntiAffinity> {
    let domain = affinity.separate?;
    Some(core::PodAntiAffinity {
        required_during_scheduling_ignored_during_execution: Some(vec![core::PodAffinityTerm {
            label_selector: Some(selector),
            topology_key: domain.label().to_owned(),
            ..Default::default()
        }]),
        ..Default::default()
    })
}

/// Nodes and separation together.
#[must_use]
pub fn affinity(
    nodes: Option<core::NodeAffinity>,
    pod_anti_affinity: Option<core::PodAntiAffinity>,
) -> Option<core::Affinity> {
    (nodes.is_some() || pod_anti_affinity.is_some()).then_some(core::Affinity {
        node_affinity: nodes,
        pod_anti_affinity,
        pod_affinity: None,
    })
}

/// The taints that are borne.
#[must_use]
pub fn tolerations(affinity: &Affinity) -> Option<Vec<core::Toleration>> {
    let one = |(key, value): (&LabelKey, &String)| core::Toleration {
        key: Some(key.to_string()),
        operator: Some(if value.is_empty() { "Exists" } else { "Equal" }.to_owned()),
        value: (!value.is_empty()).then(|| value.clone()),
        ..Default::default()
    };
    (!affinity.tolerations.is_empty()).then(|| affinity.tolerations.iter().map(one).collect())
}

/// How the selected pods spread over domains, those alone counting that agree in `revision`, a label of the pods.
#[must_use]
pub fn spread(
    affinity: &Affinity,
    selector: &LabelSelector,
    revision: Option<&str>,
) -> Option<Vec<core::TopologySpreadConstraint>> {
    let one = |domain: &crate::model::Domain| core::TopologySpreadConstraint {
        label_selector: Some(selector.clone()),
        match_label_keys: revision.map(|it| vec![it.to_owned()]),
        max_skew: 1,
        topology_key: domain.label().to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        ..Default::default()
    };
    (!affinity.spread.0.is_empty()).then(|| affinity.spread.0.iter().map(one).collect())
}
