//! `PeerAuthentication`: whether a workload takes plain text.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use super::{IstioVersion, SECURITY, WorkloadSelector};
use crate::k8s::crd::resource;

/// Whether a workload takes plain text. The one named `default` without a selector rules its namespace, and in
/// Istio's root namespace the whole mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeerAuthentication {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// What is asked of callers.
    pub spec: PeerAuthenticationSpec,
    /// API version to write.
    pub version: IstioVersion,
}

resource!(PeerAuthentication, SECURITY, |object| object.version.as_str());

/// What is asked of callers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PeerAuthenticationSpec {
    /// For all ports; none inherits from the namespace or the mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtls: Option<Mtls>,
    /// Exceptions by the port of the container, not of the Service. Istio refuses them without a selector.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub port_level_mtls: BTreeMap<u16, Mtls>,
    /// None means the whole namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<WorkloadSelector>,
}

/// The setting of one port or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mtls {
    /// How strict.
    pub mode: MtlsMode,
}

/// How strict a workload is about its callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MtlsMode {
    /// Plain text only.
    Disable,
    /// Plain text and mutual TLS.
    Permissive,
    /// Mutual TLS only.
    #[default]
    Strict,
    /// As the namespace or the mesh has it.
    Unset,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = PeerAuthentication {
            metadata: named("gateway"),
            spec: PeerAuthenticationSpec {
                mtls: Some(Mtls { mode: MtlsMode::Strict }),
                port_level_mtls: [(15020, Mtls { mode: MtlsMode::Permissive })].into(),
                selector: Some(WorkloadSelector { match_labels: [("app".into(), "gateway".into())].into() }),
            },
            version: IstioVersion::V1Beta1,
        };
        let expected = json!({
            "apiVersion": "security.istio.io/v1beta1",
            "kind": "PeerAuthentication",
            "metadata": {"name": "gateway", "namespace": "apps"},
            "spec": {
                "mtls": {"mode": "STRICT"},
                "portLevelMtls": {"15020": {"mode": "PERMISSIVE"}},
                "selector": {"matchLabels": {"app": "gateway"}},
            },
        });
        assert_prints(&object, &expected);
    }
}
