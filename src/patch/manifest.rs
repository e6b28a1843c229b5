//! Objects that the stack has as they are: several to a file, as `helm template` or a person writes them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::codes;
use crate::diag::{At, Diagnostic, FileId, Part, Route, Sink, Sources, Span, is_slip, nearest};
use crate::document::{Document, Files, matching, read_text};
use crate::k8s::kinds::{self, Known};
use crate::k8s::strict::{Fault, FaultKind};
use crate::k8s::{Object, ObjectId};
use crate::lower::{Unit, folder};
use crate::resolve::Resolved;
use crate::syntax::parse::parse_all;
use crate::syntax::{Kind, Node, scalar};

/// An object as it is written.
#[derive(Debug)]
pub struct Manifest {
    /// What it is.
    pub object: Object,
    node: Node,
}

/// Reads the manifests of a stack; reports all that Kubernetes, or the stack, would not take.
pub fn read(
    resolved: &Resolved,
    document: &Document,
    files: &dyn Files,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Vec<Manifest> {
    let mut found = Vec::new();
    let at = Route::of(&["manifests"]);
    for (index, pattern) in resolved.stack.manifests.0.iter().enumerate() {
        let list = document.find(&at).is_some_and(|it| it.as_seq().is_some());
        let at = if list { at.index(index) } else { at.clone() };
        let (span, _) = document.locate(&at, Part::Value);
        for path in matching(files, pattern.as_str(), "manifests", span, sink) {
            let Some(file) = read_text(files, &path, At::Span(span), sources, sink) else { continue };
            found.extend(nodes(sources, file, sink).into_iter().filter_map(|it| one(resolved, it, sink)));
        }
    }
    unchecked(&found, sink);
    found
}

/// Reads the objects of files that belong to no stack. What Kubernetes would not take is reported, and kept all the same
/// as long as it says what kind it is: what else is wrong with it can still be said.
pub fn written(sources: &Sources, files: &[FileId], sink: &mut Sink) -> Vec<Manifest> {
    let mut found = Vec::new();
    for node in files.iter().flat_map(|it| nodes(sources, *it, sink)).collect::<Vec<_>>() {
        let read = object(&node, sink);
        let says = |key: &str| node.get(key).and_then(Node::as_scalar).is_some();
        if let Some((object, _)) = read {
            found.push(Manifest { object, node });
        } else if says("apiVersion") && says("kind") {
            found.push(Manifest { object: Object::from(value(&node)), node });
        }
    }
    unchecked(&found, sink);
    found
}

/// The objects of a file. What a list holds comes where the list stands.
fn nodes(sources: &Sources, file: FileId, sink: &mut Sink) -> Vec<Node> {
    let (mut rest, mut found) = (parse_all(sources, file, sink), Vec::new());
    rest.reverse();
    while let Some(node) = rest.pop() {
        match listed(&node) {
            Some(items) => rest.extend(items.iter().rev().cloned()),
            None => found.push(node),
        }
    }
    found
}

/// The items of a `List`, or of a list of one kind, as `kubectl get -o yaml` writes it.
fn listed(node: &Node) -> Option<&[Node]> {
    let kind = node.get("kind")?.as_scalar()?;
    kind.text.ends_with("List").then(|| node.get("items")?.as_seq())?
}

fn one(resolved: &Resolved, node: Node, sink: &mut Sink) -> Option<Manifest> {
    let before = sink.len();
    let read = object(&node, sink);
    let text = |key: &str| node.get(key).and_then(Node::as_scalar).map(|it| &*it.text);
    if (text("apiVersion"), text("kind")) == (Some("v1"), Some("Secret")) {
        for field in ["data", "stringData"] {
            if node.get(field).and_then(Node::as_map).is_some_and(|it| !it.is_empty()) {
                let at = place(&node, &[field.to_owned()], Part::Key);
                sink.push(
                    Diagnostic::at_span(&codes::SECRET, at, "a Secret with its values is in the stack")
                        .note("who reads the repository has the secret; base64 hides nothing")
                        .help("declare it under `secrets`, from a store; or bring an ExternalSecret or a SealedSecret")
                        .help("and change the credential: it was published"),
                );
            }
        }
    }
    let (object, namespaced) = read.filter(|_| sink.len() == before)?;
    check_namespace(resolved, &object, namespaced, &node, sink);
    Some(Manifest { object, node })
}

/// An object, and whether its kind is in namespaces; reports what Kubernetes would not take.
fn object(node: &Node, sink: &mut Sink) -> Option<(Object, bool)> {
    let text = |path: &[&str]| {
        let found = path.iter().try_fold(node, |node, key| node.get(key))?;
        found.as_scalar().filter(|it| !it.text.is_empty()).map(|it| it.text.to_string())
    };
    let before = sink.len();
    if node.as_map().is_none() {
        let message = "an object is a mapping with `apiVersion`, `kind` and `metadata`";
        sink.push(Diagnostic::at_span(&codes::BAD_MANIFEST, node.span, message));
        return None;
    }
    for path in [&["apiVersion"][..], &["kind"], &["metadata", "name"]] {
        if text(path).is_none() {
            let steps: Vec<String> = path.iter().map(|it| (*it).to_owned()).collect();
            let message = format!("an object has `{}`, and this one has none", path.join("."));
            sink.push(
                Diagnostic::at_span(&codes::BAD_MANIFEST, place(node, &steps, Part::Key), message)
                    .help("each document is one object, or a `List` of them"),
            );
        }
    }
    if sink.len() > before {
        return None;
    }
    let (api_version, kind) = (text(&["apiVersion"])?, text(&["kind"])?);
    match kinds::read(value(node)) {
        Known::Checked(object, namespaced) => Some((object, namespaced)),
        Known::Unknown(object) => {
            if let Some(near) = misspelt(&api_version, &kind) {
                let at = place(node, &["kind".to_owned()], Part::Value);
                let message = format!("`{api_version}` has no kind `{kind}`");
                let found = Diagnostic::at_span(&codes::BAD_MANIFEST, at, message);
                let certain = is_slip(&kind, near, kinds::of_version(&api_version));
                sink.push(found.write(near, At::Span(at), certain.then_some(&kind)));
                return None;
            }
            Some((object, false))
        }
        Known::Version(versions, _) => {
            let at = place(node, &["apiVersion".to_owned()], Part::Value);
            let message = format!("Kubernetes has no {kind} of `{api_version}`");
            let versions = crate::diag::and_list(versions);
            sink.push(
                Diagnostic::at_span(&codes::BAD_MANIFEST, at, message).help(format!("it is of {versions}")),
            );
            None
        }
        Known::Faulty(faults) => {
            sink.extend(faults.iter().map(|it| fault(node, &kind, it)));
            None
        }
    }
}

/// The kind of Kubernetes' own group that was likely meant.
fn misspelt(api_version: &str, kind: &str) -> Option<&'static str> {
    nearest(kind, kinds::of_version(api_version))
}

fn fault(node: &Node, kind: &str, fault: &Fault) -> Diagnostic {
    match &fault.kind {
        FaultKind::Unknown(known) => {
            let at = place(node, &fault.path, Part::Key);
            let field = fault.path.last().map(String::as_str).unwrap_or_default();
            let found = Diagnostic::at_span(
                &codes::BAD_MANIFEST,
                at,
                format!("a {kind} has no field `{field}` here"),
            );
            match nearest(field, known.iter().copied()) {
                Some(near) => {
                    let certain = is_slip(field, near, known.iter().copied());
                    found.write(near, At::Span(at), certain.then_some(field))
                }
                None => found
                    .help(format!("the fields here are {}", crate::diag::and_list(known.iter().copied()))),
            }
        }
        FaultKind::Wrong(why) => {
            let at = place(node, &fault.path, Part::Value);
            Diagnostic::at_span(
                &codes::BAD_MANIFEST,
                at,
                format!("`{}` of a {kind}: {why}", fault.path.join(".")),
            )
        }
    }
}

fn check_namespace(resolved: &Resolved, object: &Object, namespaced: bool, node: &Node, sink: &mut Sink) {
    let id = object.id();
    let declared: Vec<&str> = resolved.stack.namespaces.keys().map(|it| resolved.namespace(it)).collect();
    let found = match &id.namespace {
        Some(namespace) if !declared.contains(&namespace.as_str()) => {
            let at = place(node, &["metadata".to_owned(), "namespace".to_owned()], Part::Value);
            let message = format!("the stack declares no namespace that is called `{namespace}`");
            let found = Diagnostic::at_span(&codes::OTHER_NAMESPACE, at, message);
            match nearest(namespace, declared.iter().copied()) {
                Some(near) => found.help(format!("one is called `{near}`")),
                None => {
                    found.help("declare it under `namespaces`, with `existing: true` where others make it")
                }
            }
        }
        None if namespaced => {
            let at = place(node, &["metadata".to_owned(), "name".to_owned()], Part::Value);
            let message = format!("the {} `{}` names no namespace", id.kind, id.name);
            Diagnostic::at_span(&codes::OTHER_NAMESPACE, at, message)
                .note("it goes to whatever namespace the tool that applies it takes")
                .help("add `metadata.namespace`")
        }
        _ => return,
    };
    sink.push(found.note("no policy, quota or Pod Security level of the stack is for it"));
}

/// Says once of each kind that its fields are not checked.
fn unchecked(all: &[Manifest], sink: &mut Sink) {
    let mut kinds: BTreeMap<String, (Span, usize)> = BTreeMap::new();
    for manifest in all.iter().filter(|it| it.is_unchecked()) {
        let at = place(&manifest.node, &["kind".to_owned()], Part::Value);
        kinds.entry(manifest.object.kind().to_owned()).or_insert((at, 0)).1 += 1;
    }
    for (kind, (at, count)) in kinds {
        let message = match count {
            1 => format!("a {kind} is not checked"),
            _ => format!("{count} objects of the kind {kind} are not checked"),
        };
        sink.push(
            Diagnostic::at_span(&codes::NOT_CHECKED, at, message)
                .note("the fields of this kind are known to its own controller alone"),
        );
    }
}

impl Manifest {
    /// The line that is the object's own.
    #[must_use]
    pub fn at(&self) -> Span {
        self.place(&["metadata".to_owned(), "name".to_owned()])
    }

    /// Where a value of it stands, or what is nearest to it.
    #[must_use]
    pub fn place(&self, path: &[String]) -> Span {
        place(&self.node, path, Part::Value)
    }

    /// The whole of it, as a value.
    #[must_use]
    pub fn value(&self) -> Value {
        value(&self.node)
    }

    fn is_unchecked(&self) -> bool {
        matches!(&self.object, Object::Raw(it) if matches!(kinds::read(Value::clone(it)), Known::Unknown(_)))
    }

    /// The unit of some manifests.
    #[must_use]
    pub fn unit(all: &[Self]) -> Unit {
        let objects = all.iter().map(|it| it.object.clone()).collect();
        Unit { folder: folder::MANIFESTS.to_owned(), objects, ..Unit::default() }
    }

    /// What it is called, and where all of it stands.
    #[must_use]
    pub fn written(self) -> (String, Node) {
        (self.id().to_string(), self.node)
    }

    /// What it is called.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.object.id()
    }
}

/// Where the value at a path stands, or its key, or the nearest that is written above it.
fn place(node: &Node, path: &[String], part: Part) -> Span {
    let (mut at, mut here) = (None, node);
    for step in path {
        let next = match &here.kind {
            Kind::Map(map) => map.get(step.as_str()).map(|it| (it.key, &it.value)),
            Kind::Seq(items) => {
                step.parse::<usize>().ok().and_then(|it| items.get(it)).map(|it| (it.span, it))
            }
            Kind::Scalar(_) => None,
        };
        let Some((key, value)) = next else { break };
        (at, here) = (Some(key), value);
    }
    match at {
        Some(key) if part == Part::Key || here.as_scalar().is_none() => key,
        Some(_) => here.span,
        // The object's first key stands for the object.
        None => here.as_map().and_then(|it| it.values().next()).map_or(here.span, |it| it.key),
    }
}

/// A node as a value, typed as YAML 1.2 types it. A key without a value is as good as none.
fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Map(map) => {
            let kept = map.iter().filter(|(_, it)| !it.value.is_null());
            Value::Object(kept.map(|(key, it)| (key.to_string(), value(&it.value))).collect::<Map<_, _>>())
        }
        Kind::Seq(items) => Value::Array(items.iter().map(value).collect()),
        Kind::Scalar(it) => scalar::value(it),
    }
}
