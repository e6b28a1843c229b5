//! Pods and policies by label, so that a change is looked at with those alone that it can touch.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Side, Subject};
use crate::diff::object::Item;
use crate::k8s::Object;
use crate::k8s::crd::{cilium, cnpg, rabbitmq, redis, strimzi};
use crate::k8s::reach::{Group, Named, Policies, groups, object};

/// The kinds of policies, and where each says which pods of its namespace it is about.
const SELECTORS: [(&str, &str); 4] = [
    ("networking.k8s.io/NetworkPolicy", "/spec/podSelector"),
    ("cilium.io/CiliumNetworkPolicy", "/spec/endpointSelector"),
    ("security.istio.io/AuthorizationPolicy", "/spec/selector"),
    ("security.istio.io/PeerAuthentication", "/spec/selector"),
];

/// The kinds of policies.
pub(super) const POLICIES: [&str; 4] = [SELECTORS[0].0, SELECTORS[1].0, SELECTORS[2].0, SELECTORS[3].0];

/// The groups of operators whose pods are known.
const OPERATED: [&str; 4] = [strimzi::GROUP, cnpg::GROUP, rabbitmq::GROUP, redis::GROUP];

/// Whether an object makes pods, by itself or by an operator.
pub(super) fn makes_pods(item: &Item) -> bool {
    item.pods().is_some() || OPERATED.contains(&&*item.id.group)
}

/// A workload by namespace, what it is, and name. What keeps pods running is one kind: a Deployment that becomes a
/// `StatefulSet` is still the same to those who call it. Where a side has both by one name, each is its own kind.
pub(super) type Key = (String, &'static str, String);

/// What makes pods that are nobody's but its own.
const APART: [&str; 4] = ["CronJob", "Job", "Pod", "PodTemplate"];
/// What keeps pods running, where names do not tell it apart.
const KEEPERS: [&str; 6] =
    ["DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"];

/// Namespaces and names that several kinds have on one side, of those that keep pods running.
pub(super) type Shared<'a> = BTreeSet<(&'a str, &'a str)>;

/// The names that are shared on either side.
pub(super) fn shared<'a>(subjects: &[Subject<'a>]) -> Shared<'a> {
    let mut found = Shared::new();
    for side in Side::BOTH {
        let mut known = BTreeSet::new();
        let items = subjects.iter().filter_map(|it| it.on(side));
        for item in items.filter(|it| makes_pods(it) && !APART.contains(&&*it.id.kind)) {
            let name = (namespace(item), item.text("/metadata/name"));
            if !known.insert(name) {
                found.insert(name);
            }
        }
    }
    found
}

fn namespace(item: &Item) -> &str {
    match item.text("/metadata/namespace") {
        "" => "default",
        it => it,
    }
}

/// A namespace, a label and its value.
type Label<'a> = (Cow<'a, str>, Cow<'a, str>, Cow<'a, str>);

/// What policies are found by: a namespace and a label.
type Handle<'a> = (&'a str, Option<(&'a str, &'a str)>);

/// The workloads and policies of one side.
pub(super) struct Index<'a> {
    /// Namespaces, as policies see them.
    namespaces: Vec<Object>,
    empty: Policies,
    pods: BTreeMap<Key, Workload<'a>>,
    by_label: BTreeMap<Label<'a>, Vec<Key>>,
    by_namespace: BTreeMap<String, Vec<Key>>,
    policies: Vec<Policy<'a>>,
    /// Policies by namespace and one of their labels; by the namespace alone where they ask for none.
    about: BTreeMap<Handle<'a>, Vec<usize>>,
    /// Policies by namespace and name.
    by_name: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// Policies that are not the same on both sides, by the workloads that each may be about.
    changed: BTreeMap<Key, Vec<Subject<'a>>>,
}

/// What tells a workload apart from others of its name.
fn kind(kind: &str, shared: bool) -> &'static str {
    let of = |list: &[&'static str]| list.iter().copied().find(|it| *it == kind);
    of(&APART).or_else(|| of(&KEEPERS).filter(|_| shared)).unwrap_or_default()
}

struct Workload<'a> {
    subject: Subject<'a>,
    item: &'a Item,
    labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Read when it is asked for: most are not.
    group: OnceCell<Option<Group>>,
}

struct Policy<'a> {
    subject: Subject<'a>,
    item: &'a Item,
    namespace: &'a str,
    /// Labels of the pods that it is about; it may ask for more.
    labels: Vec<(&'a str, &'a str)>,
}

impl<'a> Index<'a> {
    /// What is on a side; of what makes pods, those that operators make included.
    pub(super) fn read(subjects: &[Subject<'a>], shared: &Shared<'_>, side: Side) -> Self {
        let namespaces = subjects.iter().filter(|it| it.is("", "Namespace"));
        let namespaces: Vec<Object> = namespaces.filter_map(|it| object(it.on(side)?.value()).ok()).collect();
        let mut found = Self {
            empty: Policies::read(&namespaces),
            namespaces,
            pods: BTreeMap::new(),
            by_label: BTreeMap::new(),
            by_namespace: BTreeMap::new(),
            policies: Vec::new(),
            about: BTreeMap::new(),
            by_name: BTreeMap::new(),
            changed: BTreeMap::new(),
        };
        for subject in subjects {
            let Some(item) = subject.on(side) else { continue };
            let selector = SELECTORS.iter().find(|(kind, _)| subject.is_kind(kind));
            if let Some((_, selector)) = selector {
                found.policy(*subject, item, selector);
            } else if let Some(pods) = item.pods() {
                let labels =
                    pods.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
                let labels = labels.filter_map(|(key, it)| Some((key.as_str().into(), it.as_str()?.into())));
                let (namespace, name) = (namespace(item), item.text("/metadata/name"));
                let kind = kind(&item.id.kind, shared.contains(&(namespace, name)));
                let key = (namespace, kind, name);
                found.workload(*subject, item, key, labels.collect(), OnceCell::new());
            } else if makes_pods(item) {
                let several = shared.contains(&(namespace(item), item.text("/metadata/name")));
                let operated = OPERATED.iter().find(|it| several && **it == &*item.id.group);
                let kind = operated.copied().unwrap_or_default();
                for group in groups(&[Object::from(item.value().clone())], &found.empty) {
                    let labels =
                        group.pod.labels.iter().map(|(key, it)| (key.clone().into(), it.clone().into()));
                    let labels = labels.collect();
                    let (namespace, name) = (group.pod.namespace.clone(), group.name.clone());
                    found.workload(
                        *subject,
                        item,
                        (&namespace, kind, &name),
                        labels,
                        OnceCell::from(Some(group)),
                    );
                }
            }
        }
        let changed = found.policies.iter().filter(|it| !it.subject.alike);
        let about = |it: &Policy<'a>| (it.subject, found.having(it.namespace, &it.labels));
        for (subject, keys) in changed.map(about).collect::<Vec<_>>() {
            for key in keys {
                found.changed.entry(key).or_default().push(subject);
            }
        }
        found
    }

    fn workload(
        &mut self,
        subject: Subject<'a>,
        item: &'a Item,
        (namespace, kind, name): (&str, &'static str, &str),
        labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
        group: OnceCell<Option<Group>>,
    ) {
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        let key: Key = (namespace.to_owned(), kind, name.to_owned());
        for (label, value) in &labels {
            let at = (Cow::Owned(namespace.to_owned()), label.clone(), value.clone());
            self.by_label.entry(at).or_default().push(key.clone());
        }
        self.by_namespace.entry(namespace.to_owned()).or_default().push(key.clone());
        self.pods.insert(key, Workload { subject, item, labels, group });
    }

    fn policy(&mut self, subject: Subject<'a>, item: &'a Item, selector: &str) {
        let namespace = namespace(item);
        let labels = item.at(selector).and_then(|it| it.get("matchLabels")).and_then(Value::as_object);
        let labels = labels.into_iter().flatten();
        let labels = labels.filter(|it| !cilium::is_namespace(it.0));
        let labels: Vec<(&str, &str)> =
            labels.filter_map(|(key, it)| Some((cilium::label(key)?, it.as_str()?))).collect();
        let handle = (namespace, labels.first().copied());
        self.about.entry(handle).or_default().push(self.policies.len());
        let name = (namespace, item.text("/metadata/name"));
        self.by_name.entry(name).or_default().push(self.policies.len());
        self.policies.push(Policy { subject, item, namespace, labels });
    }

    /// The workloads.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.pods.keys()
    }

    /// The subject that makes a workload.
    pub(super) fn subject(&self, key: &Key) -> Option<Subject<'a>> {
        self.pods.get(key).map(|it| it.subject)
    }

    /// A workload as policies and the mesh see it.
    pub(super) fn group(&self, key: &Key) -> Option<&Group> {
        let Workload { item, group, .. } = self.pods.get(key)?;
        let read = || groups(&[Object::from(item.value().clone())], &self.empty).pop();
        group.get_or_init(read).as_ref()
    }

    /// The workloads that a policy may be about that is not the same on both sides.
    pub(super) fn touched(&self) -> impl Iterator<Item = &Key> {
        self.changed.keys()
    }

    /// These policies, of one workload.
    pub(super) fn changed(&self, key: &Key) -> &[Subject<'a>] {
        self.changed.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The workloads that some policy may be about.
    pub(super) fn governed(&self) -> BTreeSet<Key> {
        self.policies.iter().flat_map(|it| self.having(it.namespace, &it.labels)).collect()
    }

    /// The workloads that a rule may name.
    pub(super) fn named(&self, named: &Named) -> Vec<Key> {
        let Named::Pods { namespace, labels } = named else { return Vec::new() };
        let labels: Vec<(&str, &str)> = labels.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        match namespace {
            Some(it) => self.having(it, &labels),
            None => self.by_namespace.keys().flat_map(|it| self.having(it, &labels)).collect(),
        }
    }

    /// The workloads of a namespace that have some labels.
    fn having(&self, namespace: &str, labels: &[(&str, &str)]) -> Vec<Key> {
        let of = |(label, value): &(&str, &str)| {
            let owned = |it: &str| Cow::Owned(it.to_owned());
            let at: Label<'_> = (owned(namespace), owned(label), owned(value));
            self.by_label.get(&at).map(Vec::as_slice).unwrap_or_default()
        };
        let all = || self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default();
        let least = labels.iter().map(of).min_by_key(|it| it.len()).unwrap_or_else(all);
        let has = |key: &&Key| {
            let own = self.pods.get(*key).map(|it| it.labels.as_slice()).unwrap_or_default();
            labels.iter().all(|(label, value)| own.iter().any(|it| it.0 == *label && it.1 == *value))
        };
        least.iter().filter(has).cloned().collect()
    }

    /// The namespaces, and the policies that may be about some workloads. What cannot be read is noted by its title.
    pub(super) fn objects<'k>(
        &self,
        of: impl IntoIterator<Item = &'k Key>,
        unread: &mut BTreeSet<String>,
    ) -> Vec<Object> {
        let mut wanted = BTreeSet::new();
        for key in of {
            let labels = self.pods.get(key).map(|it| it.labels.as_slice()).unwrap_or_default();
            let labels = labels.iter().map(|(label, value)| Some((label.as_ref(), value.as_ref())));
            for handle in labels.chain([None]) {
                wanted.extend(self.about.get(&(key.0.as_str(), handle)).into_iter().flatten().copied());
            }
        }
        self.read_policies(wanted, unread)
    }

    /// The namespaces, and all policies.
    pub(super) fn all_objects(&self, unread: &mut BTreeSet<String>) -> Vec<Object> {
        self.read_policies(0..self.policies.len(), unread)
    }

    fn read_policies(
        &self,
        which: impl IntoIterator<Item = usize>,
        unread: &mut BTreeSet<String>,
    ) -> Vec<Object> {
        let mut found = self.namespaces.clone();
        for Policy { item, .. } in which.into_iter().map(|it| &self.policies[it]) {
            match object(item.value()) {
                Ok(object) => found.push(object),
                Err(_) => _ = unread.insert(item.title()),
            }
        }
        found
    }

    /// The subject of a policy.
    pub(super) fn policy_of(&self, kind: &str, namespace: &str, name: &str) -> Option<Subject<'a>> {
        let named = self.by_name.get(&(namespace, name)).map(Vec::as_slice).unwrap_or_default();
        let all = named.iter().map(|it| self.policies[*it].subject);
        all.into_iter().find(|it| it.any().is_some_and(|it| it.id.kind == kind))
    }
}
