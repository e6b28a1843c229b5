//! What makes two items of lists the same item.
//!
//! The lists of Kubernetes have their keys ([`merge_keys::told_by`]). Beyond those, `listeners` of a Gateway go by `name`
//! (`x-kubernetes-list-map-keys`), and so does what Kubernetes calls atomic but whose order says nothing:
//! `items` of a volume by `path`, and the sets of [`SETS`]; `volumeClaimTemplates` go by name, and their order counts beside it. Everything else is a list whose
//! order counts: `args`, `command`, `envFrom`, the rules of a route.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::k8s::merge_keys;

/// How the items of a list are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// By the texts at these pointers; the second may be missing.
    By(&'static [&'static str]),
    /// By their whole content; the order says nothing.
    Set,
    /// By their place.
    Order,
}

/// Lists whose order says nothing: of text, of rules that only allow, of peers.
const SETS: [&str; 26] = [
    "accessModes",
    "add",
    "apiGroups",
    "drop",
    "egress",
    "finalizers",
    "from",
    "hostnames",
    "hosts",
    "imagePullSecrets",
    "ingress",
    "matchExpressions",
    "matchLabelKeys",
    "metrics",
    "mountOptions",
    "nonResourceURLs",
    "policyTypes",
    "resourceNames",
    "resources",
    "sources",
    "subjects",
    "to",
    "tolerations",
    "triggers",
    "values",
    "verbs",
];

/// How the items of the list `name` are matched in an object of a kind; `lists` are both sides of it. A key that an item lacks
/// or two items share cannot tell items apart: then the order does.
pub(super) fn rule(kind: &str, name: &str, lists: [&[Value]; 2]) -> Rule {
    let rule = match name {
        "listeners" => Rule::By(&["/name"]),
        "volumeClaimTemplates" => Rule::By(&["/metadata/name"]),
        "items" => Rule::By(&["/path"]),
        "ports" if matches!(kind, "NetworkPolicy" | "CiliumNetworkPolicy") => Rule::Set,
        "rules" if matches!(kind, "AuthorizationPolicy" | "ClusterRole" | "Role") => Rule::Set,
        name if SETS.contains(&name) => Rule::Set,
        name => merge_keys::told_by(kind, name).map_or(Rule::Order, Rule::By),
    };
    match rule {
        Rule::By(keys) if !lists.iter().all(|it| tells_apart(keys, it)) => Rule::Order,
        rule => rule,
    }
}

/// What an item is called by its merge key; none where it lacks the first.
pub(super) fn key(keys: &[&str], item: &Value) -> Option<String> {
    let (first, rest) = keys.split_first()?;
    let text = |pointer: &str| {
        item.pointer(pointer).map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
    };
    let own = text(first)?;
    Some(rest.iter().filter_map(|it| text(it)).fold(own, |own, it| own + "/" + &it))
}

fn tells_apart(keys: &[&str], items: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    items.iter().all(|it| key(keys, it).is_some_and(|it| seen.insert(it)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, name: &str, list: &Value) -> Rule {
        rule(kind, name, [list.as_array().unwrap(), &[]])
    }

    #[test]
    fn lists_have_the_keys_of_the_api() {
        let named = json!([{ "name": "a" }, { "name": "b" }]);
        for list in ["containers", "initContainers", "env", "volumes"] {
            assert_eq!(of("Deployment", list, &named), Rule::By(&["/name"]), "{list}");
        }
        let ports =
            json!([{ "containerPort": 80, "protocol": "TCP" }, { "containerPort": 80, "protocol": "UDP" }]);
        assert_eq!(of("Deployment", "ports", &ports), Rule::By(&["/containerPort", "/protocol"]));
        assert_eq!(of("Service", "ports", &json!([{ "port": 80 }])), Rule::By(&["/port", "/protocol"]));
        assert_eq!(of("NetworkPolicy", "ports", &json!([{ "port": 80 }])), Rule::Set);
        for list in ["args", "command", "envFrom"] {
            assert_eq!(of("Deployment", list, &json!([])), Rule::Order, "{list}");
        }
        assert_eq!(
            (of("Role", "rules", &json!([])), of("HTTPRoute", "rules", &json!([]))),
            (Rule::Set, Rule::Order)
        );
    }

    #[test]
    fn what_does_not_tell_items_apart_is_no_key() {
        assert_eq!(of("Deployment", "env", &json!([{ "name": "a" }, { "name": "a" }])), Rule::Order);
        assert_eq!(of("PodMonitor", "ports", &json!([{ "port": "http" }])), Rule::Order);
        assert_eq!(
            key(&["/containerPort", "/protocol"], &json!({ "containerPort": 80 })).as_deref(),
            Some("80")
        );
        assert_eq!(key(&["/name"], &json!({})), None);
    }
}
