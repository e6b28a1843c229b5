//! What a route leads to no more: matches that are gone, and gateways that it no longer belongs to.

use serde_json::Value;

use super::{Effect, Impact};
use crate::diff::object::Item;

/// What a change of the rules or the gateways of a route does; none where it only adds, or is about something else.
pub(super) fn effect(before: &Item, after: &Item, words: &[&str]) -> Option<Effect> {
    match (&*after.id.kind, words) {
        ("HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute", ["spec", "parentRefs", ..]) => {
            let (old, new) = (list(before, "/spec/parentRefs"), list(after, "/spec/parentRefs"));
            old.iter().any(|it| !new.contains(it)).then(|| {
                Effect::new(Impact::Downtime, "the gateway that it leaves leads nowhere by it any more")
            })
        }
        ("HTTPRoute" | "GRPCRoute", ["spec", "rules"] | ["spec", "rules", _, "matches", ..])
        | ("Ingress", ["spec", "rules", ..]) => {
            let (old, new) = (matches(before), matches(after));
            old.iter().any(|it| !new.contains(it)).then(|| {
                Effect::new(Impact::Downtime, "who calls a path that is gone gets no answer any more")
            })
        }
        _ => None,
    }
}

fn list<'a>(item: &'a Item, pointer: &str) -> &'a [Value] {
    item.at(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// What the rules of a route match; where a rule has no matches, everything. Of an Ingress, each path with its host.
fn matches(item: &Item) -> Vec<[Value; 3]> {
    let items = |it: &Value, at: &str| it.pointer(at).and_then(Value::as_array).cloned();
    let field = |it: &Value, key: &str| it.get(key).cloned().unwrap_or_default();
    let one = |rule: &Value| match &*item.id.kind {
        // Without paths, all of the host is the default backend's.
        "Ingress" => match items(rule, "/http/paths").unwrap_or_default() {
            none if none.is_empty() => vec![[field(rule, "host"), Value::Null, Value::Null]],
            all => {
                all.iter().map(|it| [field(rule, "host"), field(it, "path"), field(it, "pathType")]).collect()
            }
        },
        _ => match items(rule, "/matches").unwrap_or_default() {
            none if none.is_empty() => vec![[Value::Null, Value::Null, Value::Null]],
            all => all.into_iter().map(|it| [it, Value::Null, Value::Null]).collect::<Vec<_>>(),
        },
    };
    list(item, "/spec/rules").iter().flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::{changes, item};

    fn impact(kind: &str, before: Value, after: Value) -> Option<Impact> {
        let of = |spec: Value| item(kind, Value::Object([("spec".to_owned(), spec)].into_iter().collect()));
        let (before, after) = (of(before), of(after));
        let all = changes(&before, &after);
        all.iter().filter_map(|it| effect(&before, &after, &it.path.words())).map(|it| it.impact).max()
    }

    #[test]
    fn a_path_that_goes_is_reached_no_more() {
        let rules = |paths: &[&str]| {
            let one = |it: &&str| json!({ "matches": [{ "path": { "value": it } }], "backendRefs": [{ "name": "a" }] });
            json!({ "rules": paths.iter().map(one).collect::<Vec<_>>() })
        };
        let down = Some(Impact::Downtime);
        assert_eq!(impact("HTTPRoute", rules(&["/a", "/b"]), rules(&["/a"])), down);
        assert_eq!(impact("HTTPRoute", rules(&["/a"]), rules(&["/b"])), down);
        assert_eq!(impact("HTTPRoute", rules(&["/a"]), rules(&["/a", "/b"])), None);
        assert_eq!(impact("HTTPRoute", rules(&["/a", "/b"]), rules(&["/b", "/a"])), None);
        let all = json!({ "rules": [{ "backendRefs": [{ "name": "a" }] }] });
        assert_eq!(impact("HTTPRoute", all, rules(&["/a"])), down);
        let other = json!({ "rules": [{ "matches": [{ "path": { "value": "/a" } }], "backendRefs": [{ "name": "b" }] }] });
        assert_eq!(impact("HTTPRoute", rules(&["/a"]), other), None);
    }

    #[test]
    fn a_gateway_that_is_left_leads_nowhere() {
        let of = |names: &[&str]| json!({ "parentRefs": names.iter().map(|it| json!({ "name": it })).collect::<Vec<_>>() });
        assert_eq!(impact("HTTPRoute", of(&["a"]), of(&["b"])), Some(Impact::Downtime));
        assert_eq!(impact("HTTPRoute", of(&["a", "b"]), of(&["a"])), Some(Impact::Downtime));
        assert_eq!(impact("HTTPRoute", of(&["a"]), of(&["a", "b"])), None);
    }

    #[test]
    fn the_paths_of_an_ingress_count_with_their_host() {
        let of = |host: &str, paths: &[&str]| {
            let paths: Vec<Value> =
                paths.iter().map(|it| json!({ "path": it, "pathType": "Prefix" })).collect();
            json!({ "rules": [{ "host": host, "http": { "paths": paths } }] })
        };
        assert_eq!(impact("Ingress", of("h", &["/a", "/b"]), of("h", &["/a"])), Some(Impact::Downtime));
        assert_eq!(impact("Ingress", of("h", &["/a"]), of("h", &["/a", "/b"])), None);
        let rules = |hosts: &[&str]| {
            let rules: Vec<Value> = hosts.iter().map(|it| json!({ "host": it })).collect();
            json!({ "rules": rules })
        };
        assert_eq!(impact("Ingress", rules(&["h", "i"]), rules(&["i"])), Some(Impact::Downtime));
        assert_eq!(impact("Ingress", rules(&["h", "i"]), rules(&["i", "h"])), None);
    }
}
