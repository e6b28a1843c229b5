//! `Server`: a port of some pods, on which nobody is let in but whom an authorization names.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::GROUP;
use crate::k8s::crd::resource;

/// A port of some pods. No two may select the same port of a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Server {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Which port of which pods.
    pub spec: ServerSpec,
    /// API version to write.
    pub version: ServerVersion,
}

resource!(Server, GROUP, |object| object.version.as_str());

/// The API version that a `Server` is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerVersion {
    /// `v1beta3`, from Linkerd 2.16 on.
    #[default]
    V1Beta3,
    /// `v1beta1`, since Linkerd 2.12.
    V1Beta1,
}

impl ServerVersion {
    fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta3 => "v1beta3",
            Self::V1Beta1 => "v1beta1",
        }
    }
}

/// Which port of which pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerSpec {
    /// The pods.
    pub pod_selector: PodSelector,
    /// The container's port. Ports that no container declares are not considered.
    pub port: u16,
    /// What is spoken; found out from the first bytes of the client unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_protocol: Option<ProxyProtocol>,
}

/// Pods by their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSelector {
    /// Labels that a pod must carry, all of them.
    pub match_labels: BTreeMap<String, String>,
}

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ProxyProtocol {
    /// Bytes that the proxy does not look at.
    #[serde(rename = "opaque")]
    Opaque,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let mut object = Server {
            metadata: named("db-postgres"),
            spec: ServerSpec {
                pod_selector: PodSelector { match_labels: [("app".into(), "db".into())].into() },
                port: 5432,
                proxy_protocol: Some(ProxyProtocol::Opaque),
            },
            version: ServerVersion::V1Beta1,
        };
        let expected = json!({
            "apiVersion": "policy.linkerd.io/v1beta1",
            "kind": "Server",
            "metadata": {"name": "db-postgres", "namespace": "apps"},
            "spec": {
                "podSelector": {"matchLabels": {"app": "db"}},
                "port": 5432,
                "proxyProtocol": "opaque",
            },
        });
        assert_prints(&object, &expected);
        object.version = ServerVersion::default();
        assert_eq!(serde_json::to_value(&object).unwrap()["apiVersion"], "policy.linkerd.io/v1beta3");
    }
}
