//! `PodMonitor`: pods whose metrics are collected.

use k8s_openapi::api::core::v1::SecretKeySelector;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// Pods of its namespace whose metrics are collected by whoever selects it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodMonitor {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Which pods, and where.
    pub spec: PodMonitorSpec,
}

resource!(PodMonitor, GROUP, |_| VERSION);

/// Which pods, and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitorSpec {
    /// The ports.
    pub pod_metrics_endpoints: Vec<PodMetricsEndpoint>,
    /// The pods.
    pub selector: LabelSelector,
}

/// A port with metrics.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PodMetricsEndpoint {
    /// What the collector shows the pods; nothing where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// Time between two collections; the collector's own where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// The path; `/metrics` where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The container port's name.
    pub port: String,
    /// `https` where the pods serve TLS; plain where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
}

/// A header `Authorization: Bearer …`, the type unless one is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Authorization {
    /// The token, in a Secret of the monitor's namespace.
    pub credentials: SecretKeySelector,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = PodMonitor {
            metadata: named("db"),
            spec: PodMonitorSpec {
                pod_metrics_endpoints: vec![PodMetricsEndpoint {
                    authorization: Some(Authorization {
                        credentials: SecretKeySelector {
                            key: "token".into(),
                            name: "scrape".into(),
                            optional: None,
                        },
                    }),
                    interval: Some("30s".into()),
                    path: Some("/stats".into()),
                    port: "metrics".into(),
                    scheme: None,
                }],
                selector: LabelSelector::default(),
            },
        };
        let expected = json!({
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PodMonitor",
            "metadata": {"name": "db", "namespace": "apps"},
            "spec": {
                "podMetricsEndpoints": [{
                    "authorization": {"credentials": {"key": "token", "name": "scrape"}},
                    "interval": "30s",
                    "path": "/stats",
                    "port": "metrics",
                }],
                "selector": {},
            },
        });
        assert_prints(&object, &expected);
    }
}
