//! Who may reach whom: what the policies of a set of objects let pass, decided from the objects alone.
//!
//! Semantics: kubernetes.io/docs/concepts/services-networking/network-policies and the comments and defaulting of
//! `networking.k8s.io/v1`. A pod that no policy selects for a direction is open in that direction. One that is selected
//! lets pass what the rules of all its policies together name. A connection needs both ends. What Kubernetes leaves to
//! the network plugin is not decided here: traffic of the node, of `hostNetwork` pods, and replies, which always pass;
//! and whether an address block means the pods that have addresses in it, too (Calico says yes, Cilium no; here none does).

mod block;
mod mesh;
mod pods;
mod policy;
mod ports;
mod read;
mod selector;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use block::{Block, Network};
pub use mesh::{Call, Caller, Mesh, UNKNOWN_ACCOUNT, Verdict};
pub use pods::{Group, groups};
pub use policy::{Direction, Policy};
pub use ports::{Ports, Transport};
pub use read::object;
pub use selector::takes;

use crate::k8s::Object;
use crate::k8s::labels::NAMESPACE;
use policy::{Peer, Rule};

/// A port that a container lists. Listing is for people and for names: other ports can be open, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub transport: Transport,
}

/// A pod as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace's name in the cluster.
    pub namespace: String,
    /// The labels of that namespace.
    pub namespace_labels: BTreeMap<String, String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The ports that its containers list.
    pub ports: Vec<Listed>,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// A pod.
    Pod(Box<Pod>),
    /// Any address of a block outside the cluster.
    Block(Block),
    /// A host outside the cluster, by its name or a pattern of names.
    Host(String),
    /// Anybody: only what is open to all lets them pass.
    Anybody,
}

impl Party {
    /// The pod, if it is one.
    #[must_use]
    pub fn pod(&self) -> Option<&Pod> {
        match self {
            Self::Pod(pod) => Some(pod),
            _ => None,
        }
    }

    /// Whether what holds for another party holds for this one, both of them outside: it is in the other's addresses, or
    /// the other is anybody.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Block(own), Self::Block(other)) => own != other && other.holds(own),
            (Self::Anybody, _) => false,
            (_, other) => *other == Self::Anybody,
        }
    }
}

/// Whom a rule names, as far as an index of labels can find them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// All there are, or so it may be.
    Everybody,
    /// Pods: of this namespace if one is said, with all of these labels.
    Pods {
        /// The namespace's name.
        namespace: Option<String>,
        /// Labels that they all have; more may be asked for.
        labels: BTreeMap<String, String>,
    },
}

/// A rule that lets something pass: the policy, and the rule's index in it.
pub type By<'a> = (&'a Policy, usize);

/// A way from one party to another.
#[derive(Debug)]
pub struct Path<'a> {
    /// On which ports.
    pub ports: Ports,
    /// Who lets it out; none: no policy is about what leaves there.
    pub out: Vec<By<'a>>,
    /// Who lets it in; none: no policy is about what arrives there.
    pub into: Vec<By<'a>>,
}

/// The policies that are about a party; none for a direction: it is open.
#[derive(Debug)]
pub struct Seat<'a> {
    party: &'a Party,
    egress: Option<Vec<&'a Policy>>,
    ingress: Option<Vec<&'a Policy>>,
}

/// The policies of a set of objects, and the labels of its namespaces.
#[derive(Debug, Default)]
pub struct Policies {
    all: Vec<Policy>,
    namespaces: BTreeMap<String, BTreeMap<String, String>>,
}

impl Policies {
    /// Those among some objects.
    #[must_use]
    pub fn read(objects: &[Object]) -> Self {
        let mut found = Self::default();
        for object in objects {
            if let Object::Namespace(it) = object {
                let name = it.metadata.name.clone().unwrap_or_default();
                found.namespaces.insert(name, it.metadata.labels.clone().unwrap_or_default());
            }
            found.all.extend(Policy::read(object));
        }
        found
    }

    /// The labels of a namespace; of one that is not among the objects, what every namespace has.
    #[must_use]
    pub fn namespace_labels(&self, name: &str) -> BTreeMap<String, String> {
        let mut labels = self.namespaces.get(name).cloned().unwrap_or_default();
        labels.insert(NAMESPACE.to_owned(), name.to_owned());
        labels
    }

    /// Whether a namespace is among the objects.
    #[must_use]
    pub fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.contains_key(name)
    }

    /// A party with the policies that are about it.
    #[must_use]
    pub fn seat<'a>(&'a self, party: &'a Party) -> Seat<'a> {
        let about = |direction| {
            let pod = party.pod()?;
            let found: Vec<&Policy> = self.all.iter().filter(|it| it.isolates(pod, direction)).collect();
            (!found.is_empty()).then_some(found)
        };
        Seat { party, egress: about(Direction::Egress), ingress: about(Direction::Ingress) }
    }

    /// The parties outside the objects that policies name: address blocks, hosts, and pods that `inside` has none of, or not
    /// all. What stands for the pods of a selector has the labels that it asks for and no others. In the order of the
    /// first policy that names each, with what to call it.
    #[must_use]
    pub fn strangers(&self, inside: &[Party]) -> Vec<(String, Party)> {
        let mut found: Vec<(String, Party)> = Vec::new();
        let peers = self.all.iter().flat_map(|policy| policy.peers().map(move |peer| (policy, peer)));
        for (policy, peer) in peers {
            let known = inside.iter().filter_map(Party::pod).any(|it| peer.takes_pod(&policy.namespace, it));
            if let Some(stranger) = peer.stranger(policy, self, known)
                && !found.iter().any(|(name, _)| *name == stranger.0)
            {
                found.push(stranger);
            }
        }
        found
    }
}

impl<'a> Seat<'a> {
    /// Whom the policies of a direction name, pods at least; everybody where no policy is about it.
    #[must_use]
    pub fn named(&self, direction: Direction) -> Vec<Named> {
        let policies = match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        };
        let Some(policies) = policies else { return vec![Named::Everybody] };
        let rules = policies.iter().flat_map(|it| it.rules(direction).iter().map(move |rule| (*it, rule)));
        let named = rules.flat_map(|(policy, rule)| match &rule.peers {
            None => vec![Named::Everybody],
            Some(peers) => peers.iter().filter_map(|it| it.named(&policy.namespace)).collect(),
        });
        named.collect()
    }

    /// Every way from here to another party.
    #[must_use]
    pub fn paths(&self, to: &Self) -> Vec<Path<'a>> {
        let out = granted(self.egress.as_deref(), Direction::Egress, to.party, to.party.pod());
        if out.is_empty() {
            return Vec::new();
        }
        let into = granted(to.ingress.as_deref(), Direction::Ingress, self.party, to.party.pod());
        let mut found: BTreeMap<Ports, (Vec<By<'a>>, Vec<By<'a>>)> = BTreeMap::new();
        for (left, by) in &out {
            for (entered, from) in &into {
                let Some(ports) = left.and(*entered) else { continue };
                let (egress, ingress) = found.entry(ports).or_default();
                note(egress, *by);
                note(ingress, *from);
            }
        }
        found.into_iter().map(|(ports, (out, into))| Path { ports, out, into }).collect()
    }
}

fn note<'a>(known: &mut Vec<By<'a>>, new: Option<By<'a>>) {
    let same = |it: &By<'a>, new: &By<'a>| std::ptr::eq(it.0, new.0) && it.1 == new.1;
    known.extend(new.filter(|new| !known.iter().any(|it| same(it, new))));
}

/// What the rules of some policies grant towards a party: ports, and the rule; all of them where there is no policy.
fn granted<'a>(
    policies: Option<&[&'a Policy]>,
    direction: Direction,
    other: &Party,
    called: Option<&Pod>,
) -> Vec<(Ports, Option<By<'a>>)> {
    let Some(policies) = policies else { return vec![(Ports::ALL, None)] };
    let mut found = Vec::new();
    for &policy in policies {
        for (index, rule) in policy.rules(direction).iter().enumerate() {
            if rule.takes(&policy.namespace, other) {
                found.extend(rule.ports_of(called).into_iter().map(|it| (it, Some((policy, index)))));
            }
        }
    }
    found
}

impl Rule {
    /// Whether the other end of a connection is one that the rule names.
    fn takes(&self, namespace: &str, other: &Party) -> bool {
        self.peers.as_ref().is_none_or(|peers| peers.iter().any(|it| it.takes(namespace, other)))
    }

    fn ports_of(&self, called: Option<&Pod>) -> Vec<Ports> {
        match &self.ports {
            None => vec![Ports::ALL],
            Some(ports) => ports.iter().flat_map(|it| it.of(called)).collect(),
        }
    }
}

impl Peer {
    fn named(&self, namespace: &str) -> Option<Named> {
        let Self::Pods { namespaces, pods } = self else { return None };
        let namespace = match namespaces {
            None => Some(namespace.to_owned()),
            Some(it) => selector::witness(it).remove(NAMESPACE),
        };
        let labels = pods.as_ref().and_then(|it| it.match_labels.clone()).unwrap_or_default();
        Some(Named::Pods { namespace, labels })
    }

    fn takes(&self, namespace: &str, other: &Party) -> bool {
        match (self, other) {
            (_, Party::Pod(pod)) => self.takes_pod(namespace, pod),
            (Self::Block(own), Party::Block(it)) => own.holds(it),
            (Self::Host(own), Party::Host(it)) => own == it,
            _ => false,
        }
    }

    fn takes_pod(&self, namespace: &str, pod: &Pod) -> bool {
        let Self::Pods { namespaces, pods } = self else { return false };
        let there = match namespaces {
            None => pod.namespace == namespace,
            Some(it) => selector::takes(it, &pod.namespace_labels),
        };
        there && pods.as_ref().is_none_or(|it| selector::takes(it, &pod.labels))
    }

    /// Who beside the pods of the objects this peer means; `known`: it means some of those.
    fn stranger(&self, policy: &Policy, policies: &Policies, known: bool) -> Option<(String, Party)> {
        let (namespaces, pods) = match self {
            Self::Block(block) => return Some((block.to_string(), Party::Block(block.clone()))),
            Self::Host(host) => return Some((host.clone(), Party::Host(host.clone()))),
            Self::Nobody => return None,
            Self::Pods { namespaces, pods } => (namespaces, pods),
        };
        let everyone = pods.as_ref().is_none_or(selector::is_empty);
        let labels = match namespaces {
            None => policies.namespace_labels(&policy.namespace),
            Some(it) => {
                let mut labels = selector::witness(it);
                if let Some(name) = labels.get(NAMESPACE).cloned() {
                    labels.extend(policies.namespace_labels(&name));
                }
                labels
            }
        };
        let name = labels.get(NAMESPACE).cloned();
        let own = name.as_deref().is_some_and(|it| policies.has_namespace(it));
        // A selector of labels that pods of the stack have, in a namespace of the stack, means those.
        if known && own && !everyone {
            return None;
        }
        let place = match (&name, namespaces) {
            (Some(name), _) => name.clone(),
            (None, Some(it)) if !selector::is_empty(it) => format!("namespaces {}", selector::shown(it)),
            _ => "any namespace".to_owned(),
        };
        let called = match pods.as_ref().filter(|_| !everyone) {
            Some(it) => format!("{place}/{}", selector::shown(it)),
            None => format!("{place}/any pod"),
        };
        let pod = Pod {
            namespace: name.unwrap_or_default(),
            namespace_labels: labels,
            labels: pods.as_ref().map(selector::witness).unwrap_or_default(),
            ports: Vec::new(),
        };
        Some((called, Party::Pod(Box::new(pod))))
    }
}
