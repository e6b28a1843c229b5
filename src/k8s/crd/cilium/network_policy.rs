//! `CiliumNetworkPolicy`: what a NetworkPolicy cannot say, as calls of hosts by name.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, Serialize};

use super::{GROUP, VERSION, label};
use crate::k8s::crd::resource;

/// What pods may call. It adds to what NetworkPolicies allow, and shuts the direction as they do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CiliumNetworkPolicy {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Who and whom.
    pub spec: CiliumNetworkPolicySpec,
}

resource!(CiliumNetworkPolicy, GROUP, |_| VERSION);

/// Who and whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CiliumNetworkPolicySpec {
    /// What may leave.
    pub egress: Vec<EgressRule>,
    /// The pods of the namespace that it is about.
    pub endpoint_selector: EndpointSelector,
}

/// Pods by labels. One without a prefix may come from any source; [`NAMESPACE`](super::NAMESPACE) names the namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EndpointSelector {
    /// Labels, all of them. Written when empty, too: that selects everything.
    #[serde(deserialize_with = "labels")]
    pub match_labels: BTreeMap<String, String>,
}

/// Whom, and on which ports; one of the two ways of saying whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgressRule {
    /// Pods.
    #[serde(rename = "toEndpoints", skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<EndpointSelector>,
    /// Hosts by name: the addresses that the pod was told for it. Cilium sees them only where a rule on DNS has the calls
    /// of the name server go through its proxy.
    #[serde(rename = "toFQDNs", skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostName>,
    /// Ports.
    #[serde(rename = "toPorts")]
    pub ports: Vec<PortRule>,
}

/// Labels of pods, each once: what is of other sources cannot be told from an object.
fn labels<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let all = BTreeMap::<String, String>::deserialize(from)?;
    let known: Option<BTreeSet<&str>> = all.keys().map(|it| label(it)).collect();
    let each = known.is_some_and(|it| it.len() == all.len());
    each.then_some(all).ok_or_else(|| serde::de::Error::custom("no labels of pods"))
}

/// A DNS name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HostName {
    /// This one.
    MatchName(String),
    /// All that look so; `*` stands for any text without a dot, alone for any name.
    MatchPattern(String),
}

impl HostName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::MatchName(it) | Self::MatchPattern(it) => it,
        }
    }
}

/// Ports, and what may be said on them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PortRule {
    /// The ports.
    pub ports: Vec<PortProtocol>,
    /// What may be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<AppRules>,
}

/// A port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortProtocol {
    /// Its number, as text.
    pub port: String,
    /// `TCP`, `UDP` or `SCTP`.
    #[serde(deserialize_with = "protocol")]
    pub protocol: String,
}

/// One of the three words; `ANY` is none that we write.
fn protocol<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let known = ["TCP", "UDP", "SCTP"].contains(&text.as_str());
    known.then_some(text).ok_or_else(|| serde::de::Error::custom("no protocol"))
}

/// What may be said on a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRules {
    /// The names that may be asked for.
    pub dns: Vec<HostName>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let port = |port: &str, protocol: &str| PortProtocol {
            port: port.to_owned(),
            protocol: protocol.to_owned(),
        };
        let object = CiliumNetworkPolicy {
            metadata: named("web"),
            spec: CiliumNetworkPolicySpec {
                egress: vec![
                    EgressRule {
                        endpoints: vec![EndpointSelector {
                            match_labels: [("k8s:k8s-app".to_owned(), "kube-dns".to_owned())].into(),
                        }],
                        ports: vec![PortRule {
                            ports: vec![port("53", "UDP")],
                            rules: Some(AppRules { dns: vec![HostName::MatchPattern("*".to_owned())] }),
                        }],
                        ..EgressRule::default()
                    },
                    EgressRule {
                        hosts: vec![HostName::MatchName("api.example.com".to_owned())],
                        ports: vec![PortRule { ports: vec![port("443", "TCP")], rules: None }],
                        ..EgressRule::default()
                    },
                ],
                endpoint_selector: EndpointSelector::default(),
            },
        };
        let expected = json!({
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumNetworkPolicy",
            "metadata": { "name": "web", "namespace": "apps" },
            "spec": {
                "egress": [
                    {
                        "toEndpoints": [{ "matchLabels": { "k8s:k8s-app": "kube-dns" } }],
                        "toPorts": [{
                            "ports": [{ "port": "53", "protocol": "UDP" }],
                            "rules": { "dns": [{ "matchPattern": "*" }] },
                        }],
                    },
                    {
                        "toFQDNs": [{ "matchName": "api.example.com" }],
                        "toPorts": [{ "ports": [{ "port": "443", "protocol": "TCP" }] }],
                    },
                ],
                "endpointSelector": { "matchLabels": {} },
            },
        });
        assert_prints(&object, &expected);
    }
}
