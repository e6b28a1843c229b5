//! Who collects metrics of pods.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::SecretKeySelector;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::metadata;
use crate::k8s::Object;
use crate::k8s::crd::prometheus::pod_monitor::{
    Authorization, PodMetricsEndpoint, PodMonitor, PodMonitorSpec,
};
use crate::k8s::labels;
use crate::model::{Collector, Duration, ProbeScheme};
use crate::resolve::{Collected, Component, Resolved};
use crate::stateful::Target;

/// A `PodMonitor` for each sort of pods with metrics.
pub(super) fn objects(resolved: &Resolved, component: &Component) -> Vec<Object> {
    let Some(Collected { with: Collector::Operator, labels, interval, targets, .. }) =
        resolved.collected(component)
    else {
        return Vec::new();
    };
    let one = |Target { suffix, pods, port: (port, _), path, scheme, bearer }: Target| {
        let mut metadata = metadata(resolved, Some(component), &format!("{}{suffix}", component.called));
        let own = metadata.labels.get_or_insert_default();
        for (key, it) in &labels {
            own.entry(key.to_string()).or_insert_with(|| (*it).to_owned());
        }
        PodMonitor {
            metadata,
            spec: PodMonitorSpec {
                pod_metrics_endpoints: vec![PodMetricsEndpoint {
                    authorization: bearer.map(|it| Authorization {
                        credentials: SecretKeySelector {
                            key: it.key.to_string(),
                            name: it.secret.to_string(),
                            optional: None,
                        },
                    }),
                    interval: interval.map(Duration::in_one_unit),
                    path: path.map(|it| it.to_string()),
                    port: port.into_owned(),
                    scheme: (scheme == ProbeScheme::Https).then(|| "https".to_owned()),
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

/// What pods say to a collector that looks for annotations: by the names that the examples of Prometheus use.
pub(super) fn annotations(resolved: &Resolved, component: &Component) -> BTreeMap<String, String> {
    let Some(Collected { with: Collector::Annotations, targets, .. }) = resolved.collected(component) else {
        return BTreeMap::new();
    };
    let said = |it: Target| {
        [
            (labels::SCRAPE, "true".to_owned()),
            ("prometheus.io/port", it.port.1.to_string()),
            ("prometheus.io/path", it.path.map_or_else(|| "/metrics".to_owned(), |it| it.to_string())),
            ("prometheus.io/scheme", it.scheme.as_str().to_ascii_lowercase()),
        ]
    };
    let all = targets.into_iter().flat_map(said);
    all.map(|(key, value)| (key.to_owned(), value)).collect()
}
