//! Two values of an object to what differs between them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::merge_keys::{Rule, key, rule};
use crate::model::Quantity;
use crate::provenance::{Step, item_name};

/// Something that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where, as people name it.
    pub path: Path,
    /// What.
    pub what: What,
}

/// What differs.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Only after.
    Added(Value),
    /// Only before.
    Removed(Value),
    /// Before and after.
    Changed(Value, Value),
    /// The same items in another order, by name, where the order counts.
    Reordered(Vec<String>, Vec<String>),
    /// Files that pods read: the ConfigMap, and the keys whose content differs.
    Files(String, Vec<String>),
}

/// A place in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Place>);

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// What a comparison calls it.
    name: String,
    /// What provenance calls it.
    step: Step,
}

impl Path {
    /// A path of keys.
    pub(super) fn of(keys: &[&str]) -> Self {
        keys.iter().fold(Self::default(), |path, it| path.key(it))
    }

    fn key(&self, key: &str) -> Self {
        self.with(key.to_owned(), Step::Key(key.to_owned()))
    }

    /// An item of a list, called `name`.
    fn item(&self, name: String, item: &Value, index: usize) -> Self {
        let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
        self.with(name, Step::Item(item_name(text, index)))
    }

    fn with(&self, name: String, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([Place { name, step }]).collect())
    }

    /// The names of the steps.
    pub(super) fn words(&self) -> Vec<&str> {
        self.0.iter().map(|it| it.name.as_str()).collect()
    }

    /// The steps, for provenance.
    pub(super) fn steps(&self) -> Vec<Step> {
        self.0.iter().map(|it| it.step.clone()).collect()
    }

    /// The path as people write it; an item that is called `own` is `[*]`.
    pub(super) fn shown(&self, own: Option<&str>) -> String {
        let mut text = String::new();
        for Place { name, step } in &self.0 {
            match step {
                Step::Item(_) if own == Some(name) => text.push_str("[*]"),
                Step::Key(key) if !key.contains(['.', '/']) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Step::Key(_) | Step::Item(_) => text.extend(["[", name, "]"]),
            }
        }
        text
    }
}

/// What differs between two values of an object of a kind, in the order of paths.
pub(super) fn compare(kind: &str, before: &Value, after: &Value) -> Vec<Change> {
    let mut walk = Walk { kind, found: Vec::new() };
    walk.values(&Path::default(), before, after);
    walk.found
}

struct Walk<'a> {
    kind: &'a str,
    found: Vec<Change>,
}

impl Walk<'_> {
    fn push(&mut self, path: Path, what: What) {
        self.found.push(Change { path, what });
    }

    fn values(&mut self, path: &Path, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.maps(path, before, after),
            (Value::Array(before), Value::Array(after)) => self.lists(path, before, after),
            _ if same(path, before, after) => {}
            _ => self.push(path.clone(), What::Changed(before.clone(), after.clone())),
        }
    }

    fn maps(&mut self, path: &Path, before: &Map<String, Value>, after: &Map<String, Value>) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let path = path.key(key);
            match (before.get(key), after.get(key)) {
                (Some(before), Some(after)) => self.values(&path, before, after),
                (Some(before), None) => self.push(path, What::Removed(before.clone())),
                (None, Some(after)) => self.push(path, What::Added(after.clone())),
                (None, None) => {}
            }
        }
    }

    fn lists(&mut self, path: &Path, before: &[Value], after: &[Value]) {
        let words = path.words();
        match rule(self.kind, words.last().unwrap_or(&""), [before, after]) {
            Rule::By(keys) => self.keyed(path, keys, before, after),
            Rule::Set => self.sets(path, before, after),
            Rule::Order => self.ordered(path, before, after),
        }
    }

    fn keyed(&mut self, path: &Path, keys: &[&str], before: &[Value], after: &[Value]) {
        let named =
            |items: &[Value]| -> Vec<String> { items.iter().filter_map(|it| key(keys, it)).collect() };
        let (old, new) = (named(before), named(after));
        for (index, (name, item)) in old.iter().zip(before).enumerate() {
            match new.iter().position(|it| it == name) {
                Some(at) => self.values(&path.item(name.clone(), &after[at], at), item, &after[at]),
                None => self.push(path.item(name.clone(), item, index), What::Removed(item.clone())),
            }
        }
        for (index, (name, item)) in new.iter().zip(after).enumerate() {
            if !old.contains(name) {
                self.push(path.item(name.clone(), item, index), What::Added(item.clone()));
            }
        }
        let kept = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|it| those.contains(it)).cloned().collect()
        };
        let (old, new) = (kept(&old, &new), kept(&new, &old));
        if old != new && order_counts(path, before, after) {
            self.push(path.clone(), What::Reordered(old, new));
        }
    }

    fn sets(&mut self, path: &Path, before: &[Value], after: &[Value]) {
        let mut rest: Vec<(usize, &Value)> = after.iter().enumerate().collect();
        let mut gone: Vec<(usize, &Value)> = Vec::new();
        for (index, item) in before.iter().enumerate() {
            match rest.iter().position(|(_, it)| compare_in(self.kind, path, item, it).is_empty()) {
                Some(at) => drop(rest.remove(at)),
                None => gone.push((index, item)),
            }
        }
        // Rules about the same peers are one rule that changed.
        let peers = |it: &Value| it.get("from").or_else(|| it.get("to")).cloned();
        for (index, item) in gone {
            let at =
                peers(item).and_then(|own| rest.iter().position(|(_, it)| peers(it).as_ref() == Some(&own)));
            if let Some(at) = at {
                let (at, other) = rest.remove(at);
                self.values(&path.item(at.to_string(), other, at), item, other);
            } else {
                self.push(path.item(set_name(item, index), item, index), What::Removed(item.clone()));
            }
        }
        for (index, item) in rest {
            self.push(path.item(set_name(item, index), item, index), What::Added(item.clone()));
        }
    }

    fn ordered(&mut self, path: &Path, before: &[Value], after: &[Value]) {
        let plain = |it: &[Value]| it.iter().all(|it| !it.is_object());
        if before.len() != after.len() || plain(before) || plain(after) {
            if before != after {
                let list = |it: &[Value]| Value::Array(it.to_vec());
                self.push(path.clone(), What::Changed(list(before), list(after)));
            }
            return;
        }
        for (index, (before, after)) in before.iter().zip(after).enumerate() {
            self.values(&path.item(index.to_string(), after, index), before, after);
        }
    }
}

/// What differs between two items that stand at a path.
fn compare_in(kind: &str, path: &Path, before: &Value, after: &Value) -> Vec<Change> {
    let mut walk = Walk { kind, found: Vec::new() };
    walk.values(path, before, after);
    walk.found
}

fn set_name(item: &Value, index: usize) -> String {
    item.as_str().map_or_else(|| index.to_string(), str::to_owned)
}

/// Init containers run one after the other; a variable sees those before it in `$(NAME)`.
fn order_counts(path: &Path, before: &[Value], after: &[Value]) -> bool {
    let refers = |it: &Value| it.get("value").and_then(Value::as_str).is_some_and(|it| it.contains("$("));
    match path.words().last() {
        Some(&"initContainers") => true,
        Some(&"env") => before.iter().chain(after).any(refers),
        _ => false,
    }
}

/// Whether two values mean the same. Amounts are compared as amounts: `1000m` is `1`, `1Gi` is `1024Mi`.
fn same(path: &Path, before: &Value, after: &Value) -> bool {
    before == after || is_amount(path) && amount(before).is_some_and(|it| Some(it) == amount(after))
}

fn is_amount(path: &Path) -> bool {
    let words = path.words();
    let above = words.len().checked_sub(2).map(|it| words[it]);
    let parents = [
        "capacity",
        "default",
        "defaultRequest",
        "hard",
        "limits",
        "max",
        "maxLimitRequestRatio",
        "min",
        "requests",
    ];
    words.last() == Some(&"sizeLimit") || above.is_some_and(|it| parents.contains(&it))
}

/// An amount in thousandths.
pub(super) fn amount(value: &Value) -> Option<i128> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Quantity::parse(&text).ok().map(|it| it.milli())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes(kind: &str, before: &Value, after: &Value) -> Vec<(String, What)> {
        compare(kind, before, after).into_iter().map(|it| (it.path.shown(None), it.what)).collect()
    }

    fn container(env: &Value) -> Value {
        json!({ "containers": [{ "name": "a", "env": env }, { "name": "b", "image": "b:1" }] })
    }

    #[test]
    fn items_are_matched_by_key() {
        let before = container(&json!([{ "name": "X", "value": "1" }, { "name": "Y", "value": "2" }]));
        let after = container(
            &json!([{ "name": "Y", "value": "2" }, { "name": "X", "value": "3" }, { "name": "Z", "value": "4" }]),
        );
        let found = changes("Deployment", &before, &after);
        let expected = [
            ("containers[a].env[X].value".to_owned(), What::Changed(json!("1"), json!("3"))),
            ("containers[a].env[Z]".to_owned(), What::Added(json!({ "name": "Z", "value": "4" }))),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_order_of_variables_counts_where_one_refers_to_another() {
        let list = |names: [&str; 2], value: &str| {
            container(&json!(names.map(|it| json!({ "name": it, "value": value }))))
        };
        assert_eq!(changes("Deployment", &list(["X", "Y"], "1"), &list(["Y", "X"], "1")), []);
        let found = changes("Deployment", &list(["X", "Y"], "$(Z)"), &list(["Y", "X"], "$(Z)"));
        let names = |it: [&str; 2]| it.map(str::to_owned).to_vec();
        let expected = What::Reordered(names(["X", "Y"]), names(["Y", "X"]));
        assert_eq!(found, [("containers[a].env".to_owned(), expected)]);
    }

    #[test]
    fn arguments_are_one_value() {
        let found = changes("Deployment", &json!({ "args": ["a", "b"] }), &json!({ "args": ["b", "a"] }));
        assert_eq!(found, [("args".to_owned(), What::Changed(json!(["a", "b"]), json!(["b", "a"])))]);
    }

    #[test]
    fn amounts_are_compared_as_amounts() {
        let of = |it: Value| json!({ "resources": { "requests": { "cpu": it } } });
        assert_eq!(changes("Deployment", &of(json!("1000m")), &of(json!(1))), []);
        assert_eq!(changes("Deployment", &of(json!("1")), &of(json!("2"))).len(), 1);
        // A label is a text.
        assert_eq!(changes("Deployment", &json!({ "x": "1000m" }), &json!({ "x": "1" })).len(), 1);
    }

    #[test]
    fn rules_of_policies_are_sets() {
        let rule = |pod: &str, ports: &[u16]| {
            let ports: Vec<Value> = ports.iter().map(|it| json!({ "port": it })).collect();
            json!({ "from": [{ "podSelector": { "matchLabels": { "app": pod } } }], "ports": ports })
        };
        let of = |rules: &[Value]| json!({ "ingress": rules });
        let (a, b) = (rule("a", &[80]), rule("b", &[80, 81]));
        assert_eq!(
            changes("NetworkPolicy", &of(&[a.clone(), b.clone()]), &of(&[rule("b", &[81, 80]), a.clone()])),
            []
        );
        let found =
            changes("NetworkPolicy", &of(&[a.clone(), b.clone()]), &of(&[a.clone(), rule("b", &[80])]));
        assert_eq!(found, [("ingress[1].ports[1]".to_owned(), What::Removed(json!({ "port": 81 })))]);
        let found = changes("NetworkPolicy", &of(&[b]), &of(std::slice::from_ref(&a)));
        assert!(matches!(&found[..], [(_, What::Removed(_)), (_, What::Added(it))] if *it == a), "{found:?}");
    }

    #[test]
    fn types_are_values_too() {
        let found = changes("Service", &json!({ "targetPort": "8080" }), &json!({ "targetPort": 8080 }));
        assert_eq!(found, [("targetPort".to_owned(), What::Changed(json!("8080"), json!(8080)))]);
    }

    #[test]
    fn what_is_called_like_the_object_is_shown_for_all() {
        let after = json!({ "containers": [{ "name": "a", "image": "a:2" }], "x": { "a.b/c": 1 } });
        let before = json!({ "containers": [{ "name": "a", "image": "a:1" }], "x": { "a.b/c": 2 } });
        let paths: Vec<String> =
            compare("Deployment", &before, &after).iter().map(|it| it.path.shown(Some("a"))).collect();
        assert_eq!(paths, ["containers[*].image", "x[a.b/c]"]);
    }
}
