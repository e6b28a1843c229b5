//! Two values of an object to what differs between them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

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

/// A value of one side. A default that is written out is in `whole` alone: it is no difference where the other side says nothing,
/// and what the other side has instead where it says something else.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Without defaults.
    pub value: &'a Value,
    /// With those that are written out; the same where no more is known. Lists have as many items in both.
    pub whole: &'a Value,
}

static NOTHING: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));

impl<'a> Seen<'a> {
    fn all(value: &'a Value) -> Self {
        Self { value, whole: value }
    }

    fn key(self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { value, whole: self.whole.get(key).unwrap_or(value) })
    }

    /// The default that is written out for a key without another value.
    fn default(self, key: &str) -> Option<Self> {
        let whole = self.whole.get(key)?;
        Some(Self { value: if whole.is_object() { &NOTHING } else { whole }, whole })
    }

    fn list(self) -> &'a [Value] {
        self.value.as_array().map(Vec::as_slice).unwrap_or_default()
    }

    fn item(self, at: usize) -> Self {
        let value = &self.list()[at];
        Self { value, whole: self.whole.get(at).unwrap_or(value) }
    }
}

/// What differs between two values of an object of a kind, in the order of paths.
pub(super) fn compare(kind: &str, before: &Value, after: &Value) -> Vec<Change> {
    compare_seen(kind, Seen::all(before), Seen::all(after))
}

/// The same, where defaults that are written out are known.
pub(super) fn compare_seen(kind: &str, before: Seen<'_>, after: Seen<'_>) -> Vec<Change> {
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

    fn values(&mut self, path: &Path, before: Seen<'_>, after: Seen<'_>) {
        match (before.value, after.value) {
            (Value::Object(old), Value::Object(new)) => {
                let keys = old.keys().chain(new.keys()).collect();
                self.maps(path, keys, before, after);
            }
            (Value::Array(_), Value::Array(_)) => self.lists(path, before, after),
            (before, after) if same(path, before, after) => {}
            (before, after) => self.push(path.clone(), What::Changed(before.clone(), after.clone())),
        }
    }

    fn maps(&mut self, path: &Path, keys: BTreeSet<&String>, before: Seen<'_>, after: Seen<'_>) {
        for key in keys {
            let path = path.key(key);
            match (before.key(key), after.key(key)) {
                (Some(before), Some(after)) => self.values(&path, before, after),
                (Some(own), None) => match after.default(key) {
                    Some(default) => self.values(&path, own, default),
                    None => self.push(path, What::Removed(own.value.clone())),
                },
                (None, Some(own)) => match before.default(key) {
                    Some(default) => self.values(&path, default, own),
                    None => self.push(path, What::Added(own.value.clone())),
                },
                (None, None) => {}
            }
        }
    }

    fn lists(&mut self, path: &Path, before: Seen<'_>, after: Seen<'_>) {
        let words = path.words();
        match rule(self.kind, words.last().unwrap_or(&""), [before.list(), after.list()]) {
            Rule::By(keys) => self.keyed(path, keys, before, after),
            Rule::Set => self.sets(path, before, after),
            Rule::Order => self.ordered(path, before, after),
        }
    }

    fn keyed(&mut self, path: &Path, keys: &[&str], of: Seen<'_>, to: Seen<'_>) {
        let (before, after) = (of.list(), to.list());
        let named =
            |items: &[Value]| -> Vec<String> { items.iter().filter_map(|it| key(keys, it)).collect() };
        let (old, new) = (named(before), named(after));
        for (index, (name, item)) in old.iter().zip(before).enumerate() {
            match new.iter().position(|it| it == name) {
                Some(at) => {
                    self.values(&path.item(name.clone(), &after[at], at), of.item(index), to.item(at));
                }
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

    fn sets(&mut self, path: &Path, before: Seen<'_>, after: Seen<'_>) {
        let mut rest: Vec<(usize, &Value)> = after.list().iter().enumerate().collect();
        let mut gone: Vec<(usize, &Value)> = Vec::new();
        for (index, item) in before.list().iter().enumerate() {
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
                self.values(&path.item(at.to_string(), other, at), before.item(index), after.item(at));
            } else {
                self.push(path.item(set_name(item, index), item, index), What::Removed(item.clone()));
            }
        }
        for (index, item) in rest {
            self.push(path.item(set_name(item, index), item, index), What::Added(item.clone()));
        }
    }

    fn ordered(&mut self, path: &Path, of: Seen<'_>, to: Seen<'_>) {
        let (before, after) = (of.list(), to.list());
        let plain = |it: &[Value]| it.iter().all(|it| !it.is_object());
        if before.len() != after.len() || plain(before) || plain(after) {
            if before != after {
                let list = |it: &[Value]| Value::Array(it.to_vec());
                self.push(path.clone(), What::Changed(list(before), list(after)));
            }
            return;
        }
        for (index, item) in after.iter().enumerate() {
            self.values(&path.item(index.to_string(), item, index), of.item(index), to.item(index));
        }
    }
}

/// What differs between two items that stand at a path.
fn compare_in(kind: &str, path: &Path, before: &Value, after: &Value) -> Vec<Change> {
    let mut walk = Walk { kind, found: Vec::new() };
    walk.values(path, Seen::all(before), Seen::all(after));
    walk.found
}

fn set_name(item: &Value, index: usize) -> String {
    item.as_str().map_or_else(|| index.to_string(), str::to_owned)
}

/// Init containers run one after the other; a variable sees those before it in `$(NAME)`. The API server compares the claim
/// templates of a StatefulSet as a list (`ValidateStatefulSetUpdate`).
fn order_counts(path: &Path, before: &[Value], after: &[Value]) -> bool {
    let refers = |it: &Value| it.get("value").and_then(Value::as_str).is_some_and(|it| it.contains("$("));
    match path.words().last() {
        Some(&("initContainers" | "volumeClaimTemplates")) => true,
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
    use crate::diff::object::Item;
    use crate::diff::testing::item;

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
    fn the_order_of_claim_templates_counts() {
        let list = |names: [&str; 2]| {
            let templates = names.map(|it| json!({ "metadata": { "name": it } }));
            json!({ "volumeClaimTemplates": templates })
        };
        let found = changes("StatefulSet", &list(["a", "b"]), &list(["b", "a"]));
        let names = |it: [&str; 2]| it.map(str::to_owned).to_vec();
        let expected = What::Reordered(names(["a", "b"]), names(["b", "a"]));
        assert_eq!(found, [("volumeClaimTemplates".to_owned(), expected)]);
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
    fn a_default_that_takes_the_place_of_a_value_is_shown() {
        let of = |spec: Value| item("Deployment", json!({ "spec": spec }));
        let differs = |before: &Item, after: &Item| {
            let (old, new) = (before.whole(), after.whole());
            let seen = |item, whole| Seen { value: item, whole };
            let all = compare_seen("Deployment", seen(before.value(), &old), seen(after.value(), &new));
            all.into_iter().map(|it| (it.path.shown(None), it.what)).collect::<Vec<_>>()
        };
        let (three, one, none) = (of(json!({ "replicas": 3 })), of(json!({ "replicas": 1 })), of(json!({})));
        let replicas = |what: What| vec![("spec.replicas".to_owned(), what)];
        assert_eq!(differs(&three, &one), replicas(What::Changed(json!(3), json!(1))));
        assert_eq!(differs(&one, &three), replicas(What::Changed(json!(1), json!(3))));
        assert_eq!(differs(&three, &none), replicas(What::Removed(json!(3))));
        assert_eq!(differs(&one, &none), []);
        let recreate = of(json!({ "strategy": { "type": "Recreate" } }));
        let rolling =
            of(json!({ "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%" } } }));
        let what = What::Changed(json!("Recreate"), json!("RollingUpdate"));
        assert_eq!(differs(&recreate, &rolling), [("spec.strategy.type".to_owned(), what)]);
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
