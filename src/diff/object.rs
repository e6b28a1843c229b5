//! An object of either side, read back from text.

use std::sync::Arc;

use serde_json::Value;

use super::fields;
use crate::k8s::ObjectId;
use crate::provenance::{Found, compose};
use crate::syntax::{Kind, Node};

/// An object as one side has it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Group, version, kind, namespace and name, as written.
    pub id: ObjectId,
    /// What it says, without what [`fields`](super::fields) leaves out. Shared where both sides have the same text.
    pub(super) value: Arc<Value>,
    /// Its text, read back, for [`provenance`](crate::provenance).
    pub(super) node: Node,
    /// The folder of the tree that it is in; empty in a stream.
    pub(super) folder: String,
    /// The name without the suffix that its content gave it: a generated ConfigMap's, a Job's.
    pub(super) base: Option<String>,
}

impl Item {
    /// An object; none where it lacks a kind or a name.
    pub(super) fn new(mut value: Value, node: Node, folder: &str) -> Option<Self> {
        let id = id(&value)?;
        fields::strip(&id.kind, &mut value);
        Some(Self { id, value: Arc::new(value), node, folder: folder.to_owned(), base: None })
    }

    /// The value at a pointer such as `/spec/replicas`.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// The text at a pointer; empty where there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The pods that it makes.
    pub(super) fn pods(&self) -> Option<&Value> {
        self.at(pods_at(&self.id.kind)?)
    }

    /// The label of a key; empty where there is none.
    pub(super) fn label(&self, key: &str) -> &str {
        let labels = self.at("/metadata/labels");
        labels.and_then(|it| it.get(key)).and_then(Value::as_str).unwrap_or_default()
    }

    /// For `provenance`.
    pub(super) fn found(&self) -> Found {
        let id = &self.id;
        let of_compose = id.version == compose::VERSION;
        Found {
            folder: self.folder.clone(),
            id: if of_compose { format!("{}/{} {}", id.version, id.kind, id.name) } else { id.to_string() },
            kind: self.id.kind.to_string(),
            node: self.base.as_ref().map_or_else(|| self.node.clone(), |base| renamed(&self.node, base)),
        }
    }

    /// `Deployment shop/cart`.
    #[must_use]
    pub fn title(&self) -> String {
        let ObjectId { kind, namespace, name, .. } = &self.id;
        let name = self.base.as_ref().unwrap_or(name);
        match namespace {
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        }
    }
}

/// An object with another name, which is the one that the stack knows.
fn renamed(node: &Node, name: &str) -> Node {
    let mut node = node.clone();
    if let Kind::Map(root) = &mut node.kind
        && let Some(metadata) = Arc::make_mut(root).get_mut("metadata")
        && let Kind::Map(map) = &mut metadata.value.kind
        && let Some(entry) = Arc::make_mut(map).get_mut("name")
        && let Kind::Scalar(scalar) = &mut entry.value.kind
    {
        scalar.text = name.into();
    }
    node
}

/// Where a kind has the template of its pods.
pub(super) fn pods_at(kind: &str) -> Option<&'static str> {
    match kind {
        "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "Rollout" | "StatefulSet" => {
            Some("/spec/template")
        }
        "CronJob" => Some("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}

fn id(value: &Value) -> Option<ObjectId> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).filter(|it| !it.is_empty());
    let version = text("/apiVersion")?;
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    Some(ObjectId {
        group: group.to_owned().into(),
        version: version.to_owned().into(),
        kind: text("/kind")?.to_owned().into(),
        namespace: text("/metadata/namespace").map(str::to_owned),
        name: text("/metadata/name")?.to_owned(),
    })
}
