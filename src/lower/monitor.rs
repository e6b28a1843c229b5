//! Who collects metrics of pods.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::metadata;
use crate::k8s::Object;
use crate::k8s::crd::prometheus::pod_monitor::{PodMetricsEndpoint, PodMonitor, PodMonitorSpec};
use crate::model::Duration;
use crate::resolve::{Component, Resolved};
use crate::stateful::{Monitored, Target};

/// A `PodMonitor` for each sort of pods with metrics.
pub(super) fn objects(resolved: &Resolved, component: &Component) -> Vec<Object> {
    let Some(tier) = resolved.tier(component) else { return Vec::new() };
    let Some(Monitored { monitor, targets }) = tier.monitored(component.name.as_str()) else {
        return Vec::new();
    };
    let one = |Target { suffix, pods, port: (port, _) }: Target| {
        let mut metadata = metadata(resolved, Some(component), &format!("{}{suffix}", component.name));
        let own = metadata.labels.get_or_insert_default();
        for (key, it) in &monitor.labels {
            own.entry(key.to_string()).or_insert_with(|| it.clone());
        }
        PodMonitor {
            metadata,
            spec: PodMonitorSpec {
                pod_metrics_endpoints: vec![PodMetricsEndpoint {
                    interval: monitor.interval.as_ref().map(Duration::in_one_unit),
                    port: port.to_owned(),
                }],
                selector: LabelSelector {
                    match_labels: Some(pods.unwrap_or_else(|| resolved.selector(component, None))),
                    ..LabelSelector::default()
                },
            },
        }
        .into()
    };
    targets.into_iter().map(one).collect()
}
