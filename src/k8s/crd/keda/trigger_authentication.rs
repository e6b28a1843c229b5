//! `TriggerAuthentication`: from which keys of Secrets KEDA takes the credentials of a trigger.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// From which keys of Secrets KEDA takes the credentials of a trigger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TriggerAuthentication {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The keys.
    pub spec: TriggerAuthenticationSpec,
}

resource!(TriggerAuthentication, GROUP, |_| VERSION);

/// The keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerAuthenticationSpec {
    /// Keys of Secrets of its namespace.
    pub secret_target_ref: Vec<SecretTarget>,
}

/// A key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretTarget {
    /// The key.
    pub key: String,
    /// The Secret.
    pub name: String,
    /// The parameter of the trigger.
    pub parameter: &'static str,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_keys_in_order() {
        let object = TriggerAuthentication {
            metadata: named("app"),
            spec: TriggerAuthenticationSpec {
                secret_target_ref: vec![SecretTarget {
                    key: "k".into(),
                    name: "s".into(),
                    parameter: "password",
                }],
            },
        };
        assert_prints(
            &object,
            &json!({
                "apiVersion": "keda.sh/v1alpha1",
                "kind": "TriggerAuthentication",
                "metadata": { "name": "app", "namespace": "apps" },
                "spec": { "secretTargetRef": [{ "key": "k", "name": "s", "parameter": "password" }] },
            }),
        );
    }
}
