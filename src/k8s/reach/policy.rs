//! Policies as one kind of thing, whatever they were written as.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1 as net;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize as _;

use super::ports::PortRule;
use super::{Block, Network, Pod, Ports, Transport, selector};
use crate::k8s::Object;
use crate::k8s::crd::cilium::network_policy::{self as cilium, CiliumNetworkPolicy};
use crate::k8s::crd::cilium::{is_namespace, label};

/// Which way, as seen from the pod that a policy selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What leaves it.
    Egress,
    /// What arrives at it.
    Ingress,
}

/// A policy.
#[derive(Debug, PartialEq)]
pub struct Policy {
    /// What it was written as.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The pods of its namespace that it is about.
    selector: LabelSelector,
    /// What may leave; none: it says nothing of that.
    egress: Option<Vec<Rule>>,
    /// What may arrive; none: it says nothing of that.
    ingress: Option<Vec<Rule>>,
}

/// What a policy lets pass.
#[derive(Debug, PartialEq)]
pub(super) struct Rule {
    /// From or to whom; none: everybody.
    pub(super) peers: Option<Vec<Peer>>,
    /// On which ports; none: all.
    pub(super) ports: Option<Vec<PortRule>>,
}

/// Whom a rule names.
#[derive(Debug, PartialEq)]
pub(super) enum Peer {
    /// Pods by labels; without `namespaces`, of the policy's own.
    Pods { namespaces: Option<LabelSelector>, pods: Option<LabelSelector> },
    /// Addresses.
    Block(Block),
    /// Hosts outside the cluster, by name.
    Host(String),
    /// What the API server would refuse.
    Nobody,
}

impl Policy {
    /// The policy that an object is, if it is one.
    pub(super) fn read(object: &Object) -> Option<Self> {
        match object {
            Object::NetworkPolicy(it) => Some(Self::of(it)),
            Object::CiliumNetworkPolicy(it) => Some(Self::of_cilium(it)),
            Object::Raw(it) if object.kind() == "NetworkPolicy" => {
                net::NetworkPolicy::deserialize(&**it).ok().map(|it| Self::of(&it))
            }
            _ => None,
        }
    }

    fn of(policy: &net::NetworkPolicy) -> Self {
        let spec = policy.spec.clone().unwrap_or_default();
        let sent = spec.egress.iter().flatten().map(|it| Rule::of(it.to.as_deref(), it.ports.as_deref()));
        let taken = spec.ingress.iter().flatten().map(|it| Rule::of(it.from.as_deref(), it.ports.as_deref()));
        let (sent, taken): (Vec<_>, Vec<_>) = (sent.collect(), taken.collect());
        // Without `policyTypes`, a policy is about what arrives, and about what leaves if it has such rules.
        let types = spec.policy_types.as_deref().filter(|it| !it.is_empty());
        let about = |word: &str, default: bool| match types {
            Some(types) => types.iter().any(|it| it == word),
            None => default,
        };
        let (egress, ingress) = (about("Egress", !sent.is_empty()), about("Ingress", true));
        Self {
            kind: "NetworkPolicy",
            namespace: policy.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned()),
            name: policy.metadata.name.clone().unwrap_or_default(),
            selector: spec.pod_selector.unwrap_or_default(),
            egress: egress.then_some(sent),
            ingress: ingress.then_some(taken),
        }
    }

    /// Allowed is what this or a NetworkPolicy allows, and what is not allowed is shut; so Cilium combines the two.
    fn of_cilium(policy: &CiliumNetworkPolicy) -> Self {
        // Whatever namespace it names, it is about its own.
        let (_, labels) = asked(&policy.spec.endpoint_selector);
        Self {
            kind: "CiliumNetworkPolicy",
            namespace: policy.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned()),
            name: policy.metadata.name.clone().unwrap_or_default(),
            selector: LabelSelector { match_labels: Some(labels), ..LabelSelector::default() },
            egress: Some(policy.spec.egress.iter().map(Rule::of_cilium).collect()),
            ingress: None,
        }
    }

    /// Whether it is about a direction of a pod.
    pub(super) fn isolates(&self, pod: &Pod, direction: Direction) -> bool {
        let says = match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        };
        says.is_some() && self.namespace == pod.namespace && selector::takes(&self.selector, &pod.labels)
    }

    pub(super) fn rules(&self, direction: Direction) -> &[Rule] {
        let rules = match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        };
        rules.as_deref().unwrap_or_default()
    }

    /// Everybody whom its rules name.
    pub(super) fn peers(&self) -> impl Iterator<Item = &Peer> {
        let rules = self.ingress.iter().flatten().chain(self.egress.iter().flatten());
        rules.flat_map(|it| it.peers.iter().flatten())
    }
}

impl Rule {
    fn of(peers: Option<&[net::NetworkPolicyPeer]>, ports: Option<&[net::NetworkPolicyPort]>) -> Self {
        // An empty list means the same as none.
        let peers = peers.filter(|it| !it.is_empty()).map(|it| it.iter().map(Peer::of).collect());
        let ports =
            ports.filter(|it| !it.is_empty()).map(|it| it.iter().filter_map(PortRule::read).collect());
        Self { peers, ports }
    }
}

impl Rule {
    fn of_cilium(rule: &cilium::EgressRule) -> Self {
        let pods = rule.endpoints.iter().map(Peer::of_endpoints);
        let hosts = rule.hosts.iter().map(|it| Peer::Host(it.as_str().to_owned()));
        let ports = rule.ports.iter().flat_map(|it| &it.ports).filter_map(|it| {
            let transport = Transport::parse(Some(&it.protocol))?;
            Some(PortRule::Numbers(Ports::one(it.port.parse().ok()?, transport)))
        });
        Self { peers: Some(pods.chain(hosts).collect()), ports: Some(ports.collect()) }
    }
}

/// The namespace that a selector of endpoints names, and the labels of pods. Others are refused where it is read.
fn asked(endpoints: &cilium::EndpointSelector) -> (Option<String>, BTreeMap<String, String>) {
    let mut namespace = None;
    let mut labels = BTreeMap::new();
    for (key, value) in &endpoints.match_labels {
        if is_namespace(key) {
            namespace = Some(value.clone());
        } else if let Some(key) = label(key) {
            labels.insert(key.to_owned(), value.clone());
        }
    }
    (namespace, labels)
}

impl Peer {
    /// Without a namespace, endpoints of the policy's own are meant.
    fn of_endpoints(endpoints: &cilium::EndpointSelector) -> Self {
        let (namespace, labels) = asked(endpoints);
        let namespace = namespace.map(|it| [(super::NAMESPACE.to_owned(), it)].into());
        let selector = |labels| LabelSelector { match_labels: Some(labels), ..LabelSelector::default() };
        Self::Pods { namespaces: namespace.map(selector), pods: Some(selector(labels)) }
    }

    fn of(peer: &net::NetworkPolicyPeer) -> Self {
        match (&peer.ip_block, &peer.namespace_selector, &peer.pod_selector) {
            (Some(block), None, None) => {
                let except: Option<Vec<Network>> =
                    block.except.iter().flatten().map(|it| Network::parse(it)).collect();
                match (Network::parse(&block.cidr), except) {
                    (Some(network), Some(except)) => Self::Block(Block { network, except }),
                    _ => Self::Nobody,
                }
            }
            (None, None, None) | (Some(_), ..) => Self::Nobody,
            (None, namespaces, pods) => Self::Pods { namespaces: namespaces.clone(), pods: pods.clone() },
        }
    }
}
