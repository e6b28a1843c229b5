//! `MeshTLSAuthentication`: callers by their identity in the mesh.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, TargetRef, VERSION};
use crate::k8s::crd::resource;

/// Callers by their identity in the mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeshTLSAuthentication {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The identities.
    pub spec: MeshTlsAuthenticationSpec,
}

resource!(MeshTLSAuthentication, GROUP, |_| VERSION);

/// The identities, any of which will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeshTlsAuthenticationSpec {
    /// `ServiceAccount`s, and namespaces for all of theirs. Linkerd makes the names from its own trust domain.
    pub identity_refs: Vec<TargetRef>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = MeshTLSAuthentication {
            metadata: named("api-http"),
            spec: MeshTlsAuthenticationSpec {
                identity_refs: vec![TargetRef::account("web", "front"), TargetRef::namespace("ingress")],
            },
        };
        let expected = json!({
            "apiVersion": "policy.linkerd.io/v1alpha1",
            "kind": "MeshTLSAuthentication",
            "metadata": {"name": "api-http", "namespace": "apps"},
            "spec": {
                "identityRefs": [
                    {"kind": "ServiceAccount", "name": "web", "namespace": "front"},
                    {"kind": "Namespace", "name": "ingress"},
                ],
            },
        });
        assert_prints(&object, &expected);
    }
}
