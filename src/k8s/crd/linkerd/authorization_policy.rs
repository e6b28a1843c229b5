//! `AuthorizationPolicy`: who is let in to a `Server`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, TargetRef, VERSION};
use crate::k8s::crd::resource;

/// Who is let in to a `Server`. Several for one `Server` add up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkerdAuthorizationPolicy {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Who, and where.
    pub spec: AuthorizationPolicySpec,
}

resource!(LinkerdAuthorizationPolicy, "AuthorizationPolicy", GROUP, |_| VERSION);

/// Who, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationPolicySpec {
    /// What callers must be, all of it.
    pub required_authentication_refs: Vec<TargetRef>,
    /// The `Server`.
    pub target_ref: TargetRef,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = LinkerdAuthorizationPolicy {
            metadata: named("api-http"),
            spec: AuthorizationPolicySpec {
                required_authentication_refs: vec![TargetRef::policy("MeshTLSAuthentication", "api-http")],
                target_ref: TargetRef::policy("Server", "api-http"),
            },
        };
        let expected = json!({
            "apiVersion": "policy.linkerd.io/v1alpha1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "api-http", "namespace": "apps"},
            "spec": {
                "requiredAuthenticationRefs": [
                    {"group": "policy.linkerd.io", "kind": "MeshTLSAuthentication", "name": "api-http"},
                ],
                "targetRef": {"group": "policy.linkerd.io", "kind": "Server", "name": "api-http"},
            },
        });
        assert_prints(&object, &expected);
        assert_eq!(crate::k8s::Object::from(object).kind(), "AuthorizationPolicy");
    }
}
