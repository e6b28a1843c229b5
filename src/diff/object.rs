//! An object of either side, read back from text.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::fields;
use super::read::value;
use crate::bundle::Said;
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
    /// Shared where both sides have the same text.
    content: Arc<Content>,
    /// What it says once what it names has the names that count; none where that is nothing new.
    settled: Option<Arc<Value>>,
    /// The folder of the tree that it is in; empty in a stream.
    pub(super) folder: String,
    /// The name without the suffix that its content gave it: a generated ConfigMap's, a Job's.
    pub(super) base: Option<String>,
}

/// What is made when somebody asks, which is of few objects.
#[derive(Debug)]
struct Content {
    /// What it says, without what [`fields`](super::fields) leaves out.
    value: LazyLock<Value, Box<dyn FnOnce() -> Value + Send + Sync>>,
    /// Its text, read back, for [`provenance`](crate::provenance).
    node: LazyLock<Node, Box<dyn FnOnce() -> Node + Send + Sync>>,
}

fn read(text: &Arc<str>) -> Node {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("", text.clone());
    parse(&sources, file, &mut sink).expect("stackgen writes YAML that it reads")
}

impl Item {
    /// An object; none where it lacks a kind or a name.
    pub(super) fn new(mut value: Value, node: Node, folder: &str) -> Option<Self> {
        let id = id(&value)?;
        fields::strip(&id.group, &id.kind, &mut value);
        let content = Content {
            value: LazyLock::new(Box::new(move || value)),
            node: LazyLock::new(Box::new(move || node)),
        };
        Some(Self::of(id, content, folder))
    }

    /// An object by its id and what it says, with the text that stackgen wrote of it.
    pub(super) fn written(id: ObjectId, said: Said, text: Arc<str>, folder: &str) -> Self {
        let (group, kind) = (id.group.clone(), id.kind.clone());
        let value = move || {
            let mut value = said.value();
            fields::strip(&group, &kind, &mut value);
            value
        };
        let content = Content {
            value: LazyLock::new(Box::new(value)),
            node: LazyLock::new(Box::new(move || read(&text))),
        };
        Self::of(id, content, folder)
    }

    fn of(id: ObjectId, content: Content, folder: &str) -> Self {
        Self { id, content: Arc::new(content), settled: None, folder: folder.to_owned(), base: None }
    }

    /// What it says, without what [`fields`](super::fields) leaves out.
    pub(super) fn value(&self) -> &Value {
        self.settled.as_deref().unwrap_or(&self.content.value)
    }

    /// The same, to change the names in it.
    pub(super) fn settle(&mut self) -> &mut Value {
        let content = &self.content;
        Arc::make_mut(self.settled.get_or_insert_with(|| Arc::new(content.value.clone())))
    }

    /// Whether both say the same.
    pub(super) fn says_what(&self, other: &Self) -> bool {
        let shared = Arc::ptr_eq(&self.content, &other.content);
        shared && self.settled.is_none() && other.settled.is_none() || self.value() == other.value()
    }

    /// What it says, with the defaults that are written out.
    pub(super) fn whole(&self) -> Value {
        let mut whole = value(&self.content.node);
        fields::strip_but_defaults(&self.id.group, &self.id.kind, &mut whole);
        whole
    }

    /// The value at a pointer such as `/spec/replicas`.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.value().pointer(pointer)
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

    /// Whether an annotation has a word, among others with commas between them.
    pub(super) fn says(&self, (key, word): (&str, &str)) -> bool {
        let said = self.at("/metadata/annotations").and_then(|it| it.get(key)?.as_str());
        said.is_some_and(|it| it.split(',').any(|it| it.trim() == word))
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
                .map_or_else(|| self.content.node.clone(), |base| renamed(&self.content.node, base)),
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
