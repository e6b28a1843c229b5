//! Which nodes pods may run on, as the scheduler decides it
//! (kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node and taint-and-toleration).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration, TopologySpreadConstraint,
};

/// Nodes that are alike.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    /// Their labels. One of Kubernetes' own that is not here may be there.
    pub labels: BTreeMap<String, String>,
    /// Their taints.
    pub taints: Vec<Taint>,
}

/// What keeps pods from nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The nodes' labels are not what the pods require.
    Label {
        /// Which label.
        key: String,
        /// What is required, as people write it: `node-type=stateful`.
        wanted: String,
        /// The value that the nodes have, if they have one.
        has: Option<String>,
    },
    /// The pods' node affinity requires nothing, which takes no node.
    Nothing,
    /// The pods do not tolerate a taint, as `kubectl taint` writes it: `dedicated=storage:NoSchedule`.
    Taint(String),
}

impl Obstacle {
    /// How far off the nodes are: a taint is borne by a word, a label with another value is one that the nodes have.
    #[must_use]
    pub fn weight(&self) -> u32 {
        match self {
            Self::Taint(_) => 1,
            Self::Label { has: Some(_), .. } => 3,
            Self::Nothing | Self::Label { has: None, .. } => 4,
        }
    }
}

/// A requirement as people write it: `node-type=stateful`.
#[must_use]
pub fn shown(it: &NodeSelectorRequirement) -> String {
    let (key, values) = (&it.key, it.values.as_deref().unwrap_or_default());
    match (&*it.operator, values) {
        ("In", [one]) => format!("{key}={one}"),
        ("In", all) => format!("{key} in ({})", all.join("|")),
        ("NotIn", all) => format!("{key} notin ({})", all.join("|")),
        ("Exists", _) => key.clone(),
        ("DoesNotExist", _) => format!("!{key}"),
        (other, all) => format!("{key} {other} {}", all.join("|")),
    }
}

impl Nodes {
    /// All that keeps pods from these nodes; nothing where they may run there.
    #[must_use]
    pub fn obstacles(&self, pods: &PodSpec) -> Vec<Obstacle> {
        let mut found = self.labels_missed(pods);
        found.extend(
            self.taints.iter().filter(|it| !tolerated(it, pods)).map(|it| Obstacle::Taint(tainted(it))),
        );
        found
    }

    /// Whether the labels are those that pods require, and, where the spread says so, the taints tolerated: whether their domain
    /// counts among those that it spreads over.
    #[must_use]
    pub fn counts(&self, pods: &PodSpec, spread: &TopologySpreadConstraint) -> bool {
        let (by_labels, by_taints) = (&spread.node_affinity_policy, &spread.node_taints_policy);
        (by_labels.as_deref() == Some("Ignore") || self.labels_missed(pods).is_empty())
            && (by_taints.as_deref() != Some("Honor") || self.taints.iter().all(|it| tolerated(it, pods)))
    }

    fn labels_missed(&self, pods: &PodSpec) -> Vec<Obstacle> {
        let equal = |(key, value): (&String, &String)| NodeSelectorRequirement {
            key: key.clone(),
            operator: "In".to_owned(),
            values: Some(vec![value.clone()]),
        };
        let mut found: Vec<Obstacle> =
            pods.node_selector.iter().flatten().map(equal).filter_map(|it| self.missed(&it)).collect();
        let affinity = pods.affinity.as_ref().and_then(|it| it.node_affinity.as_ref());
        let required =
            affinity.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
        // One of the terms will do; the one that lacks the least is what is meant.
        let terms = required.into_iter().flat_map(|it| &it.node_selector_terms).map(|it| self.of_term(it));
        found.extend(terms.min_by_key(Vec::len).unwrap_or_default());
        found
    }

    /// What of a term is not so. One without a requirement takes no node; fields of a node are its own.
    fn of_term(&self, term: &NodeSelectorTerm) -> Vec<Obstacle> {
        let (labels, fields) = (term.match_expressions.as_deref(), term.match_fields.as_deref());
        if labels.unwrap_or_default().is_empty() && fields.unwrap_or_default().is_empty() {
            return vec![Obstacle::Nothing];
        }
        labels.into_iter().flatten().filter_map(|it| self.missed(it)).collect()
    }

    fn missed(&self, it: &NodeSelectorRequirement) -> Option<Obstacle> {
        let has = self.labels.get(&it.key);
        if has.is_none() && is_kubernetes_own(&it.key) {
            return None;
        }
        let listed = || has.is_some_and(|has| it.values.iter().flatten().any(|one| one == has));
        let than = |wanted: fn(i64, i64) -> bool| {
            let bound = it.values.as_deref().and_then(|it| it.first()?.parse().ok());
            has.and_then(|it| it.parse().ok()).zip(bound).is_some_and(|(has, bound)| wanted(has, bound))
        };
        let holds = match &*it.operator {
            "In" => listed(),
            // Nodes without the label are taken, too.
            "NotIn" => !listed(),
            "Exists" => has.is_some(),
            "DoesNotExist" => has.is_none(),
            "Gt" => than(|has, bound| has > bound),
            "Lt" => than(|has, bound| has < bound),
            // The API server refuses it.
            _ => true,
        };
        (!holds).then(|| Obstacle::Label { key: it.key.clone(), wanted: shown(it), has: has.cloned() })
    }
}

/// Whether a label is one that Kubernetes, or who runs the cluster, gives nodes by themselves.
fn is_kubernetes_own(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let below = |of: &str| domain.strip_suffix(of).is_some_and(|it| it.is_empty() || it.ends_with('.'));
    below("kubernetes.io") || below("k8s.io")
}

fn tolerated(taint: &Taint, pods: &PodSpec) -> bool {
    let bears = |it: &Toleration| {
        let exists = it.operator.as_deref() == Some("Exists");
        let key = it.key.as_deref().unwrap_or_default();
        let effect = it.effect.as_deref().unwrap_or_default();
        (effect.is_empty() || effect == taint.effect)
            && (key == taint.key || key.is_empty() && exists)
            && (exists
                || it.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default())
    };
    // A preference keeps nobody away.
    taint.effect == "PreferNoSchedule" || pods.tolerations.iter().flatten().any(bears)
}

fn tainted(it: &Taint) -> String {
    let value = it.value.as_deref().filter(|it| !it.is_empty());
    format!("{}{}:{}", it.key, value.map(|it| format!("={it}")).unwrap_or_default(), it.effect)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde_json::{Value, json};

    use super::*;

    fn pods(value: &Value) -> PodSpec {
        let mut whole = json!({ "containers": [] });
        whole.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        PodSpec::deserialize(whole).unwrap()
    }

    fn required(terms: &Value) -> PodSpec {
        let required =
            json!({ "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": terms } });
        pods(&json!({ "affinity": { "nodeAffinity": required } }))
    }

    fn nodes(labels: &[(&str, &str)], taints: &[(&str, &str, &str)]) -> Nodes {
        let taint = |(key, value, effect): &(&str, &str, &str)| Taint {
            key: (*key).to_owned(),
            value: Some((*value).to_owned()),
            effect: (*effect).to_owned(),
            ..Taint::default()
        };
        Nodes {
            labels: labels.iter().map(|(key, it)| ((*key).to_owned(), (*it).to_owned())).collect(),
            taints: taints.iter().map(taint).collect(),
        }
    }

    #[test]
    fn every_requirement_of_one_term_holds() {
        let one = |operator: &str, values: Value| {
            let list = [json!({ "key": "gen", "operator": operator, "values": values })];
            required(&json!([{ "matchExpressions": list }]))
        };
        let (third, none) = (nodes(&[("gen", "3")], &[]), nodes(&[], &[]));
        for (operator, values, of_third, of_none) in [
            ("In", json!(["2", "3"]), true, false),
            ("In", json!(["2"]), false, false),
            ("NotIn", json!(["3"]), false, true),
            ("Exists", json!([]), true, false),
            ("DoesNotExist", json!([]), false, true),
            ("Gt", json!(["2"]), true, false),
            ("Gt", json!(["3"]), false, false),
            ("Lt", json!(["4"]), true, false),
        ] {
            let it = one(operator, values);
            let fits = (third.obstacles(&it).is_empty(), none.obstacles(&it).is_empty());
            assert_eq!(fits, (of_third, of_none), "{operator}");
        }
        let is = |key: &str| json!({ "matchExpressions": [{ "key": key, "operator": "Exists" }] });
        assert_eq!(third.obstacles(&required(&json!([is("other"), is("gen")]))), []);
        assert_eq!(third.obstacles(&required(&json!([{}]))), [Obstacle::Nothing]);
    }

    #[test]
    fn labels_of_kubernetes_own_may_be_there() {
        let wants = |key: &str| pods(&json!({ "nodeSelector": { key: "a" } }));
        let of = nodes(&[("topology.kubernetes.io/zone", "b")], &[]);
        assert_eq!(of.obstacles(&wants("kubernetes.io/arch")), []);
        assert_eq!(of.obstacles(&wants("node.k8s.io/x")), []);
        assert_eq!(of.obstacles(&wants("notkubernetes.io/arch")).len(), 1);
        let has = Some("b".to_owned());
        let key = "topology.kubernetes.io/zone".to_owned();
        let wanted = format!("{key}=a");
        assert_eq!(of.obstacles(&wants(&key)), [Obstacle::Label { key, wanted, has }]);
    }

    #[test]
    fn a_taint_keeps_away_who_does_not_tolerate_it() {
        let of = nodes(&[], &[("gpu", "big", "NoExecute"), ("old", "", "PreferNoSchedule")]);
        let bears = |it: Value| of.obstacles(&pods(&json!({ "tolerations": [it] })));
        let kept = [Obstacle::Taint("gpu=big:NoExecute".to_owned())];
        assert_eq!(of.obstacles(&pods(&json!({}))), kept);
        assert_eq!(bears(json!({ "key": "gpu", "value": "big" })), []);
        assert_eq!(bears(json!({ "key": "gpu", "value": "small" })), kept);
        assert_eq!(bears(json!({ "key": "gpu", "operator": "Exists", "effect": "NoExecute" })), []);
        assert_eq!(bears(json!({ "key": "gpu", "operator": "Exists", "effect": "NoSchedule" })), kept);
        assert_eq!(bears(json!({ "operator": "Exists" })), []);
    }
}
