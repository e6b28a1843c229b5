//! The objects of a stream: what `kubectl get -o yaml` or `-o json`, `kubectl kustomize` and `stackgen render` write.

use serde_json::Value;

use super::{Unreadable, document};
use crate::diff::object::Item;
use crate::syntax::Node;

/// The objects of a stream of documents, in its order; a `List` is its items. `name` says to readers which stream it is.
/// What a controller made for another object (`ownerReferences` with `controller: true`) is left out: it is not applied.
///
/// # Errors
/// Where a document is no YAML or no object.
pub fn stream(name: &str, text: &str) -> Result<Vec<Item>, Unreadable> {
    let mut items = Vec::new();
    for (line, part) in documents(text) {
        let (node, value) = document(name, part, line)?;
        if value.is_null() {
            continue;
        }
        add(&mut items, &node, value).map_err(|why| Unreadable(format!("{name}:{line}: {why}")))?;
    }
    Ok(items)
}

fn add(items: &mut Vec<Item>, node: &Node, mut value: Value) -> Result<(), String> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    if kind.ends_with("List")
        && let Some(Value::Array(values)) = value.get_mut("items").map(Value::take)
    {
        let nodes = node.get("items").and_then(Node::as_seq).unwrap_or_default();
        return nodes.iter().zip(values).try_for_each(|(node, value)| add(items, node, value));
    }
    let owners = value.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    if owners.into_iter().flatten().any(|it| it.get("controller") == Some(&Value::Bool(true))) {
        return Ok(());
    }
    let item = Item::new(value, node.clone(), "");
    items.push(
        item.ok_or("this is no object of Kubernetes: it lacks `apiVersion`, `kind` or `metadata.name`")?,
    );
    Ok(())
}

/// The documents with the line, from 1, where each begins. A line of `---` at the margin always parts them: YAML allows it
/// in no text. Parts without anything but comments are left out.
fn documents(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut begin, mut first, mut at) = (Vec::new(), 0, 1, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let plain = line.trim_end();
        if plain == "---" || plain.starts_with("--- ") {
            found.push((first, &text[begin..at]));
            (begin, first) = (at + plain.len().min(3), index + 1);
        }
        at += line.len();
    }
    found.push((first, &text[begin..]));
    let holds = |part: &str| {
        part.lines().map(str::trim).any(|it| !it.is_empty() && !it.starts_with('#') && it != "...")
    };
    found.retain(|(_, part)| holds(part));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<String> {
        stream("-", text).unwrap().iter().map(Item::title).collect()
    }

    #[test]
    fn documents_and_lists_are_objects() {
        let text = "\
# by hand
---
apiVersion: v1
kind: Service
metadata: { name: a, namespace: x }
---
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: { name: x }
- apiVersion: apps/v1
  kind: ReplicaSet
  metadata: { name: a-1, namespace: x, ownerReferences: [ { kind: Deployment, name: a, controller: true } ] }
";
        assert_eq!(titles(text), ["Service x/a", "Namespace x"]);
        assert_eq!(titles(r#"{"apiVersion":"v1","kind":"List","items":[]}"#), [""; 0]);
        assert_eq!(titles(""), [""; 0]);
    }

    #[test]
    fn what_came_another_way_into_the_cluster_is_read() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: \"\\e[0m\" }\n";
        let found = stream("-", text).unwrap();
        assert_eq!(found[0].text("/data/a"), "\u{1b}[0m");
    }

    #[test]
    fn a_fault_has_its_line() {
        let fault = |text| stream("live.yaml", text).unwrap_err().to_string();
        let second = fault("apiVersion: v1\nkind: Namespace\nmetadata: { name: x }\n---\nkind: Service\n");
        assert!(second.starts_with("live.yaml:4: this is no object of Kubernetes"), "{second}");
        let broken = fault("apiVersion: v1\nkind: Namespace\nmetadata: { name: x }\n---\na: 1\na: 2\n");
        assert!(broken.starts_with("live.yaml:6: "), "{broken}");
    }
}
