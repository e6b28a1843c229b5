//! Strategic merges, as Kubernetes does them: mappings by key, lists by merge key where they have one, all else replaces; `null`
//! removes, and `$patch` says `delete` or `replace` (kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch).
//! Lists of custom resources have no merge keys, but those of the pods of a `Rollout`.

use serde_json::{Map, Value};

use super::Applied;
use crate::diag::{Part, Route};
use crate::k8s::{ObjectId, merge_keys};

const DIRECTIVE: &str = "$patch";

/// Puts a patch over an object.
pub(super) fn apply(id: &ObjectId, object: &mut Value, patch: &Value, at: &Route, applied: &mut Applied) {
    let mut merge = Merge { id, path: Vec::new(), applied };
    if let Some(new) = merge.put(Some(object), "", patch, at) {
        *object = new;
    } else {
        let help = "remove what it is made from with `null`, where the stack declares it";
        applied.refuse(at, Part::Value, "a patch cannot take the whole object away", Some(help.to_owned()));
    }
}

/// The places of a patch that take something away.
pub(super) fn removals(patch: &Value, at: &Route) -> Vec<Route> {
    match patch {
        Value::Null => vec![at.clone()],
        Value::Object(map) if directive(map) == Some("delete") => vec![at.clone()],
        Value::Object(map) if directive(map) == Some("replace") => Vec::new(),
        Value::Object(map) => map.iter().flat_map(|(key, it)| removals(it, &at.join(key))).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, it)| removals(it, &at.index(index))).collect()
        }
        _ => Vec::new(),
    }
}

fn directive(map: &Map<String, Value>) -> Option<&str> {
    map.get(DIRECTIVE)?.as_str()
}

struct Merge<'a> {
    /// What the object is.
    id: &'a ObjectId,
    path: Vec<String>,
    applied: &'a mut Applied,
}

impl Merge<'_> {
    /// What becomes of a value under a name when a patch comes over it; none where it goes.
    fn put(&mut self, old: Option<&mut Value>, name: &str, patch: &Value, at: &Route) -> Option<Value> {
        match (old, patch) {
            (old, Value::Null) => {
                if old.is_some() {
                    self.applied.removed.insert(at.clone());
                }
                None
            }
            (Some(Value::Object(old)), Value::Object(patch)) => match directive(patch) {
                Some("delete") => {
                    self.applied.removed.insert(at.clone());
                    None
                }
                Some("replace") => Some(self.fresh(&Value::Object(patch.clone()), at)),
                _ => {
                    self.entries(old, patch, at);
                    Some(Value::Object(std::mem::take(old)))
                }
            },
            (Some(Value::Array(old)), Value::Array(patch)) => {
                let replaces = |it: &Value| {
                    it.as_object().is_some_and(|it| it.len() == 1 && directive(it) == Some("replace"))
                };
                match merge_keys::keys(&self.id.group, &self.id.kind, name) {
                    Some(keys) if !patch.iter().any(replaces) => {
                        self.items(old, patch, keys, at);
                        Some(Value::Array(std::mem::take(old)))
                    }
                    _ => {
                        let kept = patch.iter().enumerate().filter(|(_, it)| !replaces(it));
                        Some(Value::Array(kept.map(|(index, it)| self.fresh(it, &at.index(index))).collect()))
                    }
                }
            }
            (_, patch) => Some(self.fresh(patch, at)),
        }
    }

    fn entries(&mut self, old: &mut Map<String, Value>, patch: &Map<String, Value>, at: &Route) {
        for (key, patch) in patch {
            let at = at.join(key);
            if key.starts_with('$') {
                self.unknown_directive(key, patch, &at);
                continue;
            }
            self.path.push(key.clone());
            self.applied.written.push((self.path.clone(), at.clone()));
            match self.put(old.get_mut(key), key, patch, &at) {
                Some(new) => {
                    old.insert(key.clone(), new);
                }
                None => {
                    old.shift_remove(key);
                }
            }
            self.path.pop();
        }
    }

    fn items(&mut self, old: &mut Vec<Value>, patch: &[Value], keys: &[&str], at: &Route) {
        let deletes = |it: &Value| it.as_object().and_then(directive) == Some("delete");
        // Deletions first, so that places in the list stay as they are told.
        let (gone, kept): (Vec<_>, Vec<_>) = patch.iter().enumerate().partition(|(_, it)| deletes(it));
        for (index, item) in gone.into_iter().chain(kept) {
            let at = at.index(index);
            if keys.first().is_none_or(|it| item.pointer(it).is_none()) {
                let key = keys.first().map(|it| it.trim_start_matches('/')).unwrap_or_default();
                let message = format!("an item of this list is told by its `{key}`, which is missing");
                let help = format!("add `{key}`; `- $patch: replace` as an item replaces the whole list");
                self.applied.refuse(&at, Part::Value, message, Some(help));
                continue;
            }
            let found = old.iter().position(|it| is_same(keys, it, item));
            if deletes(item) {
                if let Some(found) = found {
                    old.remove(found);
                    self.applied.removed.insert(at);
                }
                continue;
            }
            let place = found.unwrap_or(old.len());
            self.path.push(place.to_string());
            self.applied.written.push((self.path.clone(), at.clone()));
            match self.put(old.get_mut(place), "", item, &at) {
                Some(new) if place < old.len() => old[place] = new,
                Some(new) => old.push(new),
                None => {}
            }
            self.path.pop();
        }
    }

    /// What a patch puts where nothing is: without what removes, and without directives.
    fn fresh(&mut self, patch: &Value, at: &Route) -> Value {
        match patch {
            Value::Object(map) => {
                let mut new = Map::with_capacity(map.len());
                for (key, it) in map {
                    let at = at.join(key);
                    if key == DIRECTIVE && it == "replace" {
                    } else if key.starts_with('$') {
                        self.unknown_directive(key, it, &at);
                    } else if !it.is_null() {
                        new.insert(key.clone(), self.fresh(it, &at));
                    }
                }
                Value::Object(new)
            }
            Value::Array(items) => Value::Array(
                items.iter().enumerate().map(|(index, it)| self.fresh(it, &at.index(index))).collect(),
            ),
            scalar => scalar.clone(),
        }
    }

    fn unknown_directive(&mut self, key: &str, value: &Value, at: &Route) {
        let (message, help) = if key == DIRECTIVE && value == "merge" {
            return;
        } else if key == DIRECTIVE && value == "delete" {
            (format!("`{key}: delete` has nothing to take away here"), "correct the name, or drop the line")
        } else if key == DIRECTIVE {
            (format!("`{key}` is `delete`, `replace` or `merge`"), "`null` removes a field, too")
        } else {
            (
                format!("`{key}` is no directive that is known here"),
                "`$patch: delete` and `$patch: replace` are; for lists of plain values, write the list as it shall be",
            )
        };
        self.applied.refuse(at, Part::Key, message, Some(help.to_owned()));
    }
}

/// Whether an item is the one that an item of a patch means: by the first key, and by further ones that the patch has.
fn is_same(keys: &[&str], item: &Value, patch: &Value) -> bool {
    keys.iter().enumerate().all(|(index, key)| match (item.pointer(key), patch.pointer(key)) {
        (Some(a), Some(b)) => a == b,
        (None, Some(b)) => index > 0 && *key == "/protocol" && b == "TCP",
        (_, None) => index > 0,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(group: &'static str, kind: &'static str) -> ObjectId {
        ObjectId {
            group: group.into(),
            version: "v1".into(),
            kind: kind.into(),
            namespace: None,
            name: "a".into(),
        }
    }

    fn merged(id: &ObjectId, mut object: Value, patch: &Value) -> (Value, Applied) {
        let mut applied = Applied::default();
        apply(id, &mut object, patch, &Route::root(), &mut applied);
        (object, applied)
    }

    #[test]
    fn mappings_merge_lists_go_by_their_key_and_null_removes() {
        let object = json!({ "spec": {
            "replicas": 2, "paused": true,
            "containers": [{ "name": "a", "args": ["x", "y"] }, { "name": "b", "image": "i" }],
        } });
        let patch = json!({ "spec": {
            "paused": null, "strategy": { "type": "Recreate", "gone": null },
            "containers": [{ "name": "b", "image": "j" }, { "name": "a", "args": ["z"] }, { "name": "c" }],
        } });
        let (object, applied) = merged(&id("apps", "Deployment"), object, &patch);
        assert_eq!(
            object,
            json!({ "spec": {
            "replicas": 2,
            "containers": [{ "name": "a", "args": ["z"] }, { "name": "b", "image": "j" }, { "name": "c" }],
            "strategy": { "type": "Recreate" },
        } })
        );
        assert_eq!(applied.removed, [Route::of(&["spec", "paused"])].into());
        let place = ["spec", "containers", "1", "image"].map(str::to_owned);
        assert_eq!(applied.place(&place), Some(Route::of(&["spec", "containers", "0", "image"])));
    }

    #[test]
    fn directives_delete_and_replace() {
        let object = json!({ "metadata": { "labels": { "a": "1" } }, "volumes": [{ "name": "a" }, { "name": "b" }], "env": [{ "name": "x" }] });
        let patch = json!({
            "metadata": { "labels": { "$patch": "replace", "b": "2" } },
            "volumes": [{ "name": "b", "$patch": "delete" }],
            "env": [{ "$patch": "replace" }, { "name": "y" }],
        });
        let (object, applied) = merged(&id("", "Pod"), object, &patch);
        assert_eq!(
            object,
            json!({ "metadata": { "labels": { "b": "2" } }, "volumes": [{ "name": "a" }], "env": [{ "name": "y" }] })
        );
        assert!(applied.findings.is_empty());
        assert_eq!(applied.removed.len(), 1);
    }

    #[test]
    fn ports_go_by_number_and_protocol_where_the_patch_says_it() {
        let ports = json!({ "ports": [{ "containerPort": 53, "protocol": "UDP" }, { "containerPort": 53 }] });
        let patch = json!({ "ports": [{ "containerPort": 53, "protocol": "TCP", "name": "dns-tcp" }] });
        let (object, _) = merged(&id("apps", "Deployment"), ports, &patch);
        assert_eq!(object["ports"][1]["name"], "dns-tcp");
    }

    #[test]
    fn lists_of_custom_resources_are_replaced() {
        let object = json!({ "env": [{ "name": "a" }] });
        let (object, _) =
            merged(&id("kafka.strimzi.io", "Kafka"), object, &json!({ "env": [{ "name": "b" }] }));
        assert_eq!(object, json!({ "env": [{ "name": "b" }] }));
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        let object = json!({ "env": [{ "name": "a" }], "spec": {} });
        let patch = json!({ "env": [{ "value": "b" }], "spec": { "$retainKeys": ["a"] }, "new": { "$patch": "delete" } });
        let (_, applied) = merged(&id("", "Pod"), object, &patch);
        assert_eq!(applied.findings.len(), 3, "{:?}", applied.findings);
    }

    #[test]
    fn removals_are_told_by_their_places() {
        let patch = json!({ "a": null, "b": [{ "name": "x", "$patch": "delete" }], "c": { "$patch": "replace", "d": null } });
        assert_eq!(removals(&patch, &Route::root()), [Route::of(&["a"]), Route::of(&["b", "0"])]);
    }
}
