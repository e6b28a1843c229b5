//! `NetworkAuthentication`: callers by their address.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// Callers by their address, whether they are in the mesh or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkAuthentication {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The addresses.
    pub spec: NetworkAuthenticationSpec,
}

resource!(NetworkAuthentication, GROUP, |_| VERSION);

/// The addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NetworkAuthenticationSpec {
    /// Networks, any of which will do.
    pub networks: Vec<Block>,
}

/// A network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its addresses.
    pub cidr: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = NetworkAuthentication {
            metadata: named("api-http-network"),
            spec: NetworkAuthenticationSpec { networks: vec![Block { cidr: "0.0.0.0/0".into() }] },
        };
        let expected = json!({
            "apiVersion": "policy.linkerd.io/v1alpha1",
            "kind": "NetworkAuthentication",
            "metadata": {"name": "api-http-network", "namespace": "apps"},
            "spec": {"networks": [{"cidr": "0.0.0.0/0"}]},
        });
        assert_prints(&object, &expected);
    }
}
