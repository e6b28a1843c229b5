//! `AuthorizationPolicy`: who may call a workload.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use super::{IstioVersion, SECURITY, WorkloadSelector};
use crate::k8s::crd::resource;

/// Who may call a workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationPolicy {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Who and what.
    pub spec: AuthorizationPolicySpec,
    /// API version to write.
    pub version: IstioVersion,
}

resource!(AuthorizationPolicy, SECURITY, |object| object.version.as_str());

/// Who and what. [`selector`](Self::selector) and [`target_refs`](Self::target_refs) exclude each other; with
/// neither, the policy is about the whole namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuthorizationPolicySpec {
    /// What happens to a request that a rule matches.
    pub action: Action,
    /// The external authoriser, for [`Action::Custom`] alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// A request matches when one of them does. No rule matches nothing, so `ALLOW` without rules denies
    /// everything; a rule without conditions matches everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The pods whose sidecar (or ztunnel) enforces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<WorkloadSelector>,
    /// The waypoint or the Service behind one that enforces it, in ambient mode.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_refs: Vec<TargetRef>,
}

/// What happens to a request that a rule matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// It may pass, and whatever no `ALLOW` policy of the workload matches may not.
    #[default]
    Allow,
    /// It is written to the audit log.
    Audit,
    /// The external authoriser decides.
    Custom,
    /// It is refused, whatever else allows it.
    Deny,
}

/// An authoriser of the mesh configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// Its name in `extensionProviders`.
    pub name: String,
}

/// All of its non-empty parts must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Callers, one of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<From>,
    /// Operations, one of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<To>,
    /// Further conditions, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
}

/// One kind of caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct From {
    /// Who.
    pub source: Source,
}

/// All of its non-empty lists must match, each by one of its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Source {
    /// Addresses or CIDR blocks of the direct peer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_blocks: Vec<String>,
    /// Namespaces; needs mutual TLS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// All namespaces but these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_namespaces: Vec<String>,
    /// All identities but these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_principals: Vec<String>,
    /// Identities, `<trust domain>/ns/<namespace>/sa/<service account>`; needs mutual TLS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Token identities, `<issuer>/<subject>`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_principals: Vec<String>,
}

/// One kind of operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct To {
    /// What.
    pub operation: Operation,
}

/// All of its non-empty lists must match, each by one of its entries. All but the ports are HTTP's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Operation {
    /// Values of the Host header.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Methods (`GET`; gRPC is always `POST`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// All paths but these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_paths: Vec<String>,
    /// All ports but these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_ports: Vec<String>,
    /// Paths (`/api/*`; a gRPC method is `/package.Service/Method`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Ports of the container, as text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
}

/// A condition on an attribute of the request or connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Condition {
    /// The attribute (`request.auth.claims[iss]`).
    pub key: String,
    /// Any value but these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_values: Vec<String>,
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// An object of the same namespace that enforces the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TargetRef {
    /// API group; empty for the core group.
    pub group: String,
    /// `Gateway` (a waypoint), `Service` or `ServiceEntry`.
    pub kind: String,
    /// Name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_rules() {
        let object = AuthorizationPolicy {
            metadata: named("ledger"),
            spec: AuthorizationPolicySpec {
                action: Action::Allow,
                rules: vec![Rule {
                    from: vec![From {
                        source: Source {
                            principals: vec!["cluster.local/ns/apps/sa/gateway".into()],
                            ..Source::default()
                        },
                    }],
                    to: vec![To {
                        operation: Operation {
                            methods: vec!["POST".into()],
                            ports: vec!["8080".into()],
                            ..Operation::default()
                        },
                    }],
                    when: vec![Condition {
                        key: "request.auth.claims[aud]".into(),
                        values: vec!["ledger".into()],
                        ..Condition::default()
                    }],
                }],
                selector: Some(WorkloadSelector { match_labels: [("app".into(), "ledger".into())].into() }),
                ..AuthorizationPolicySpec::default()
            },
            version: IstioVersion::V1,
        };
        let expected = json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "ledger", "namespace": "apps"},
            "spec": {
                "action": "ALLOW",
                "rules": [{
                    "from": [{"source": {"principals": ["cluster.local/ns/apps/sa/gateway"]}}],
                    "to": [{"operation": {"methods": ["POST"], "ports": ["8080"]}}],
                    "when": [{"key": "request.auth.claims[aud]", "values": ["ledger"]}],
                }],
                "selector": {"matchLabels": {"app": "ledger"}},
            },
        });
        assert_prints(&object, &expected);
    }

    #[test]
    fn prints_targets_of_a_waypoint() {
        let target = TargetRef { group: String::new(), kind: "Service".into(), name: "ledger".into() };
        let object = AuthorizationPolicy {
            metadata: named("ledger"),
            spec: AuthorizationPolicySpec {
                action: Action::Deny,
                rules: vec![Rule::default()],
                target_refs: vec![target],
                ..AuthorizationPolicySpec::default()
            },
            version: IstioVersion::V1,
        };
        let expected = json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "ledger", "namespace": "apps"},
            "spec": {
                "action": "DENY",
                "rules": [{}],
                "targetRefs": [{"group": "", "kind": "Service", "name": "ledger"}],
            },
        });
        assert_prints(&object, &expected);
    }
}
