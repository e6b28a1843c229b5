//! An object of either side, read back from text.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::fields;
use super::read::value;
use crate::diag::{Sink, Sources};
use crate::k8s::{ObjectId, pods_at};
use crate::provenance::{Found, compose};
use crate::syntax::parse::parse;
use crate::syntax::{Kind, Node};

/// An object as one side has it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Group, version, kind, namespace and name, as written.
    pub id: ObjectId,
    /// What it says, without what [`fields`](super::fields) leaves out. Shared where both sides have the same text.
    pub(super) value: Arc<Value>,
    /// Its text, read back, for [`provenance`](crate::provenance).
    node: Arc<Text>,
    /// The folder of the tree that it is in; empty in a stream.
    pub(super) folder: String,
    /// The name without the suffix that its content gave it: a generated ConfigMap's, a Job's.
    pub(super) base: Option<String>,
}

/// A text that is read when its lines are asked for, which few objects are.
#[derive(Debug)]
struct Text {
    written: Arc<str>,
    read: OnceLock<Node>,
}

impl Text {
    fn get(&self) -> &Node {
        self.read.get_or_init(|| {
            let (mut sources, mut sink) = (Sources::default(), Sink::default());
            let file = sources.add("", self.written.clone());
            parse(&sources, file, &mut sink).expect("stackgen writes YAML that it reads")
        })
    }
}

impl Item {
    /// An object; none where it lacks a kind or a name.
    pub(super) fn new(value: Value, node: Node, folder: &str) -> Option<Self> {
        let text = Text { written: "".into(), read: OnceLock::from(node) };
        Self::of(value, text, folder)
    }

    /// An object by its value, with the text that stackgen wrote of it; none where it lacks a kind or a name.
    pub(super) fn written(value: Value, text: Arc<str>, folder: &str) -> Option<Self> {
        Self::of(value, Text { written: text, read: OnceLock::new() }, folder)
    }

    fn of(mut value: Value, text: Text, folder: &str) -> Option<Self> {
        let node = Arc::new(text);
        let id = id(&value)?;
        fields::strip(&id.group, &id.kind, &mut value);
        Some(Self { id, value: Arc::new(value), node, folder: folder.to_owned(), base: None })
    }

    /// What it says, with the defaults that are written out.
    pub(super) fn whole(&self) -> Value {
        let mut whole = value(self.node.get());
        fields::strip_but_defaults(&self.id.group, &self.id.kind, &mut whole);
        whole
    }

    /// The value at a pointer such as `/spec/replicas`.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// The text at a pointer; empty where there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The pods that it makes, or is.
    pub(super) fn pods(&self) -> Option<&Value> {
        self.at(self.pods_at()?)
    }

    /// Where they are; of a `Pod` at the empty pointer.
    pub(super) fn pods_at(&self) -> Option<&'static str> {
        pods_at(&self.id.group, &self.id.kind)
    }

    /// Where it has a template of them.
    pub(super) fn template_at(&self) -> Option<&'static str> {
        self.pods_at().filter(|it| !it.is_empty())
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
            node: self
                .base
                .as_ref()
                .map_or_else(|| self.node.get().clone(), |base| renamed(self.node.get(), base)),
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
