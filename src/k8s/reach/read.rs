//! Objects read back from what was written, as far as policies need them typed.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::k8s::Object;
use crate::k8s::crd::cilium;
use crate::k8s::crd::cilium::network_policy::CiliumNetworkPolicy;
use crate::k8s::crd::istio::authorization_policy::AuthorizationPolicy;
use crate::k8s::crd::istio::peer_authentication::PeerAuthentication;
use crate::k8s::crd::istio::{IstioVersion, SECURITY};

/// An object as [`Policies`](super::Policies), [`groups`](super::groups) and [`Mesh`](super::Mesh) read it: what they do not look into
/// stays as it is.
///
/// # Errors
/// Where a policy says something that is not known here, so that what it lets pass cannot be told.
pub fn object(value: &Value) -> Result<Object, serde_json::Error> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (group, _) = text("apiVersion").split_once('/').unwrap_or_default();
    let version = IstioVersion::default();
    Ok(match (group, text("kind")) {
        ("", "Namespace") => Object::from(Namespace::deserialize(value)?),
        (cilium::GROUP, "CiliumNetworkPolicy") => {
            Object::from(CiliumNetworkPolicy { metadata: metadata(value)?, spec: spec(value)? })
        }
        (SECURITY, "AuthorizationPolicy") => {
            Object::from(AuthorizationPolicy { metadata: metadata(value)?, spec: spec(value)?, version })
        }
        (SECURITY, "PeerAuthentication") => {
            Object::from(PeerAuthentication { metadata: metadata(value)?, spec: spec(value)?, version })
        }
        _ => Object::from(value.clone()),
    })
}

fn metadata(value: &Value) -> Result<ObjectMeta, serde_json::Error> {
    ObjectMeta::deserialize(&value["metadata"])
}

fn spec<T: DeserializeOwned>(value: &Value) -> Result<T, serde_json::Error> {
    // A spec that is not there is an empty one.
    let none = Value::Object(serde_json::Map::new());
    T::deserialize(value.get("spec").unwrap_or(&none))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        for value in [
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "a" } }),
            json!({ "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": { "name": "a", "namespace": "n" },
                "spec": { "egress": [{ "toFQDNs": [{ "matchName": "b.example" }],
                    "toPorts": [{ "ports": [{ "port": "443", "protocol": "TCP" }] }] }], "endpointSelector": { "matchLabels": { "x": "y" } } } }),
            json!({ "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": { "name": "a", "namespace": "n" },
                "spec": { "action": "ALLOW", "rules": [{ "from": [{ "source": { "principals": ["p"] } }],
                    "to": [{ "operation": { "ports": ["80"] } }] }], "selector": { "matchLabels": { "x": "y" } } } }),
            json!({ "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": { "name": "a", "namespace": "n" },
                "spec": { "mtls": { "mode": "STRICT" }, "portLevelMtls": { "80": { "mode": "PERMISSIVE" } } } }),
        ] {
            let read = object(&value).unwrap();
            assert!(!matches!(read, Object::Raw(_)), "{value}");
            assert_eq!(serde_json::to_value(&read).unwrap(), value);
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let of = |api: &str, kind: &str, spec: Value| {
            object(&json!({ "apiVersion": api, "kind": kind, "metadata": { "name": "a" }, "spec": spec }))
        };
        let selector = json!({ "endpointSelector": {} });
        assert!(of("cilium.io/v2", "CiliumNetworkPolicy", selector).is_err());
        for labels in [json!({ "reserved:host": "" }), json!({ "any:a": "b", "k8s:a": "c" })] {
            let selector = json!({ "endpointSelector": { "matchLabels": labels }, "egress": [] });
            assert!(of("cilium.io/v2", "CiliumNetworkPolicy", selector).is_err());
        }
        let ingress = json!({ "endpointSelector": {}, "egress": [], "ingress": [] });
        assert!(of("cilium.io/v2", "CiliumNetworkPolicy", ingress).is_err());
        let when = json!({ "rules": [{ "from": [{ "source": { "remoteIpBlocks": ["10.0.0.0/8"] } }] }] });
        assert!(of("security.istio.io/v1", "AuthorizationPolicy", when).is_err());
        // Another group's kind of the same name is nothing that is looked into.
        let other = of("policy.linkerd.io/v1alpha1", "AuthorizationPolicy", json!({ "targetRef": {} }));
        assert!(matches!(other, Ok(Object::Raw(_))));
    }
}
