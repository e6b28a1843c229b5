//! Objects that the stack has as they are: several to a file, as `helm template` or a person writes them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{codes, crds};
use crate::diag::{
    At, Code, Diagnostic, FileId, Part, Route, Severity, Sink, Sources, Span, and_list,
    is_name_of_credential, is_slip, nearest,
};
use crate::document::{Document, Files, matching, read_text};
use crate::k8s::delivery::{ARGO_HOOK, HELM_HOOK};
use crate::k8s::kinds::{self, Known};
use crate::k8s::schema::{Elsewhere, Fault, FaultKind, Schemas};
use crate::k8s::{Object, ObjectId};
use crate::lower::{Unit, folder};
use crate::model::RelativePath;
use crate::resolve::Resolved;
use crate::syntax::parse::parse_all;
use crate::syntax::{Kind, Node, scalar};

/// An object as it is written.
#[derive(Debug)]
pub struct Manifest {
    /// What it is.
    pub object: Object,
    node: Node,
    /// Whether nobody here knows its fields.
    unchecked: bool,
    /// What of its definition nobody here checks.
    gaps: Vec<String>,
}

/// The objects that a stack has as they are.
#[derive(Debug)]
pub struct Manifests {
    /// Those that could be read.
    pub all: Vec<Manifest>,
    /// Whether they are all.
    pub complete: bool,
}

/// Reads the manifests of a stack; reports all that Kubernetes, or the stack, would not take.
pub fn read(
    resolved: &Resolved,
    schemas: &Schemas,
    document: &Document,
    files: &dyn Files,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Manifests {
    let (patterns, before) = (&resolved.stack.manifests.0, sink.len());
    let nodes = objects("manifests", patterns, document, files, sources, sink);
    let all: Vec<_> = nodes.into_iter().filter_map(|it| one(resolved, schemas, it, sink)).collect();
    let complete = !sink.findings()[before..].iter().any(Diagnostic::is_error);
    unchecked(&all, schemas, sink);
    Manifests { all, complete }
}

/// The objects in the files of a section of the stack.
pub(super) fn objects(
    section: &str,
    patterns: &[RelativePath],
    document: &Document,
    files: &dyn Files,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Vec<Node> {
    let mut found = Vec::new();
    let at = Route::of(&[section]);
    for (index, pattern) in patterns.iter().enumerate() {
        let list = document.find(&at).is_some_and(|it| it.as_seq().is_some());
        let at = if list { at.index(index) } else { at.clone() };
        let (span, _) = document.locate(&at, Part::Value);
        for path in matching(files, pattern.as_str(), section, span, sink) {
            let Some(file) = read_text(files, &path, At::Span(span), sources, sink) else { continue };
            found.extend(nodes(sources, file, sink));
        }
    }
    found
}

/// Reads the objects of files that belong to no stack. What Kubernetes would not take is reported, and kept all the same
/// as long as it says what kind it is: what else is wrong with it can still be said.
pub fn written(sources: &Sources, files: &[FileId], mut schemas: Schemas, sink: &mut Sink) -> Vec<Manifest> {
    let mut found = Vec::new();
    let nodes: Vec<Node> = files.iter().flat_map(|it| nodes(sources, *it, sink)).collect();
    let refused = crds::given(&nodes, &mut schemas, sink);
    for (index, node) in nodes.into_iter().enumerate() {
        // What is wrong with a definition is said.
        let read = if refused.contains(&index) { None } else { object(&node, &schemas, sink) };
        let says = |key: &str| node.get(key).and_then(Node::as_scalar).is_some();
        if let Some(read) = read {
            sink.extend(generated(&node).filter(|_| !is_created(&node)).map(|it| {
                let mut refused = not_applied(&node, it).help(
                    "`kubectl create` takes it, and makes another object each time; what is applied has `metadata.name`",
                );
                refused.severity = Severity::Warning;
                refused
            }));
            found.push(read.of(node));
        } else if says("apiVersion") && says("kind") {
            let object = Object::from(value(&node));
            found.push(Manifest { object, node, unchecked: false, gaps: Vec::new() });
        }
    }
    unchecked(&found, &schemas, sink);
    found
}

/// Whether a file can be read and holds something, and none of it is meant as an object of Kubernetes: values of a chart, a
/// Compose file, what a package manager reads.
#[must_use]
pub fn is_of_others(sources: &Sources, file: FileId) -> bool {
    let mut sink = Sink::default();
    let nodes = nodes(sources, file, &mut sink);
    let is_meant = |node: &Node| {
        let says = |key: &&str| node.get(key).is_some_and(|it| it.as_seq().is_none());
        ["apiVersion", "kind", "metadata"].iter().filter(|it| says(it)).count() > 1
    };
    !sink.has_errors() && !nodes.is_empty() && !nodes.iter().any(is_meant)
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
    // A list has no name: what has one is an object with `items` of its own.
    if node.get("metadata").and_then(|it| it.get("name")).is_some() {
        return None;
    }
    kind.text.ends_with("List").then(|| node.get("items")?.as_seq())?
}

fn one(resolved: &Resolved, schemas: &Schemas, node: Node, sink: &mut Sink) -> Option<Manifest> {
    let before = sink.len();
    let text = |key: &str| node.get(key).and_then(Node::as_scalar).map(|it| &*it.text);
    if (text("apiVersion"), text("kind")) == (Some("v1"), Some("Secret")) {
        for field in SECRET_FIELDS {
            let empty = |it: &Node| it.is_null() || it.as_map().is_some_and(indexmap::IndexMap::is_empty);
            if node.get(field).is_some_and(|it| !empty(it)) {
                let at = At::Span(place(&node, &[field.to_owned()], Part::Key));
                sink.push(secret(at, "a Secret with its values is in the stack"));
            }
        }
    }
    // What else would be said of it may show the value.
    if sink.len() > before {
        return None;
    }
    if let Some(it) = generated(&node) {
        sink.push(not_applied(&node, it).help("write `metadata.name`: a tree is applied"));
        return None;
    }
    let read = object(&node, schemas, sink)?;
    check_namespace(resolved, &read.object, read.namespaced, &node, sink);
    Some(read.of(node))
}

/// An object without its place.
struct Read {
    object: Object,
    /// Whether its kind is in namespaces.
    namespaced: bool,
    unchecked: bool,
    gaps: Vec<String>,
}

impl Read {
    fn of(self, node: Node) -> Manifest {
        Manifest { object: self.object, node, unchecked: self.unchecked, gaps: self.gaps }
    }
}

/// An object; reports what Kubernetes would not take.
fn object(node: &Node, schemas: &Schemas, sink: &mut Sink) -> Option<Read> {
    let text = |path: &[&str]| {
        let found = path.iter().try_fold(node, |node, key| node.get(key))?;
        found.as_scalar().filter(|it| !it.text.is_empty()).map(|it| it.text.to_string())
    };
    if node.as_map().is_none() {
        let message = "an object is a mapping with `apiVersion`, `kind` and `metadata`";
        sink.push(Diagnostic::at_span(&codes::BAD_MANIFEST, node.span, message));
        return None;
    }
    let name = if generated(node).is_some() { GENERATED } else { ["metadata", "name"] };
    let lacking: Vec<String> = [&["apiVersion"][..], &["kind"], &name]
        .into_iter()
        .filter(|it| text(it).is_none())
        .map(|it| it.join("."))
        .collect();
    if let Some(first) = lacking.first() {
        let steps: Vec<String> = first.split('.').map(str::to_owned).collect();
        let message = match lacking.as_slice() {
            [one] => format!("an object has `{one}`, and this one has none"),
            [one, other] => format!("an object has `{one}` and `{other}`, and this one has neither"),
            _ => "this is no object of Kubernetes: it has neither `apiVersion`, `kind` nor `metadata.name`"
                .to_owned(),
        };
        sink.push(
            Diagnostic::at_span(&codes::BAD_MANIFEST, place(node, &steps, Part::Key), message)
                .help("each document is one object, or a `List` of them"),
        );
        return None;
    }
    let (api_version, kind) = (text(&["apiVersion"])?, text(&["kind"])?);
    let at_value = |key: &str| place(node, &[key.to_owned()], Part::Value);
    match kinds::read(value(node), schemas) {
        Known::Checked { object, namespaced, deprecated, gaps } => {
            sink.extend(deprecated.map(|it| {
                let message = format!("`{api_version}` is deprecated for a {kind}");
                other_version(&codes::DEPRECATED, at_value("apiVersion"), message, it)
            }));
            Some(Read { object, namespaced, unchecked: false, gaps })
        }
        Known::Unknown(object) => Some(Read { object, namespaced: false, unchecked: true, gaps: Vec::new() }),
        Known::NoKind(kinds) => {
            let at = at_value("kind");
            let found = Diagnostic::at_span(
                &codes::BAD_MANIFEST,
                at,
                format!("`{api_version}` has no kind `{kind}`"),
            );
            sink.push(match nearest(&kind, kinds.iter().copied()) {
                Some(near) => {
                    let certain = is_slip(&kind, near, kinds.iter().copied());
                    found.write(near, At::Span(at), certain.then_some(&kind))
                }
                None => found.help(format!("its kinds are {}", and_list(kinds))),
            });
            None
        }
        Known::Elsewhere(it) => {
            let whose = if it.defined { "its definition".to_owned() } else { schemas.version() };
            let message = format!("{whose} has no {kind} of `{api_version}`");
            sink.push(other_version(&codes::BAD_MANIFEST, at_value("apiVersion"), message, it));
            None
        }
        Known::Faulty { faults, release } => {
            let found = faults.iter().map(|it| fault(&codes::BAD_MANIFEST, node, &kind, it, schemas));
            sink.extend(found.map(|it| of_release(it, release)));
            None
        }
    }
}

/// Where an object says how its name begins, of which the API server makes the rest.
const GENERATED: [&str; 2] = ["metadata", "generateName"];

/// What an object that has no other name says there.
fn generated(node: &Node) -> Option<&str> {
    let metadata = node.get(GENERATED[0])?;
    let text = |key: &str| metadata.get(key)?.as_scalar().map(|it| &*it.text).filter(|it| !it.is_empty());
    if text("name").is_some() { None } else { text(GENERATED[1]) }
}

/// Whether an object is created, and not applied: a hook of Helm or Argo CD, a run of a workflow.
fn is_created(node: &Node) -> bool {
    let annotations = node.get("metadata").and_then(|it| it.get("annotations"));
    let is_hook =
        [HELM_HOOK, ARGO_HOOK].iter().any(|key| annotations.is_some_and(|it| it.get(key).is_some()));
    let says = |key: &str, text: &str| {
        node.get(key).and_then(Node::as_scalar).is_some_and(|it| it.text.starts_with(text))
    };
    is_hook || says("apiVersion", "argoproj.io/") && says("kind", "Workflow")
}

/// That an object whose name the API server makes is not applied.
fn not_applied(node: &Node, prefix: &str) -> Diagnostic {
    let kind = node.get("kind").and_then(Node::as_scalar).map_or("object", |it| &*it.text);
    let at = place(node, &GENERATED.map(str::to_owned), Part::Key);
    let message = format!("the {kind} `{prefix}…` cannot be applied: its name is made when it is created");
    Diagnostic::at_span(&codes::BAD_MANIFEST, at, message)
}

/// Where a Secret has its values.
pub(super) const SECRET_FIELDS: [&str; 2] = ["data", "stringData"];

/// That values of a Secret are written somewhere.
pub(super) fn secret(at: At, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&codes::SECRET, at, message)
        .note("who reads the repository has the secret; base64 hides nothing")
        .help("declare it under `secrets`, from a store; or bring an ExternalSecret or a SealedSecret")
        .help("and change the credential: it was published")
}

/// That an API version is not the one to write.
pub(super) fn other_version(
    code: &'static Code,
    at: Span,
    message: String,
    elsewhere: Elsewhere,
) -> Diagnostic {
    let found = Diagnostic::at_span(code, at, message);
    let found = elsewhere.when.into_iter().fold(found, Diagnostic::note);
    match (elsewhere.api_versions.as_slice(), elsewhere.kind) {
        ([], _) => found.help("nothing replaces it: drop the object"),
        ([one], None) => found.fix(format!("write `{one}`"), At::Span(at), one.clone()),
        ([one, ..], Some(kind)) => found.help(format!("write a {kind} of `{one}`")),
        (all, None) => found.help(format!("it is of {}", and_list(all.iter().map(String::as_str)))),
    }
}

/// Whether what stands somewhere in an object may be a credential; `name_of` says the name of the object that holds a field.
pub(super) fn is_of_credential(
    kind: &str,
    path: &[String],
    name_of: impl FnOnce(&[String]) -> Option<String>,
) -> bool {
    let Some((field, above)) = path.split_last() else { return false };
    kind == "Secret" && SECRET_FIELDS.contains(&path[0].as_str())
        // Of the fields of Kubernetes with such names, a volume's says where a Secret goes.
        || is_name_of_credential(field) && field != "secret"
        || field == "value" && name_of(above).is_some_and(|it| is_name_of_credential(&it))
}

/// That a credential is not what its field takes. Its line would show it, and what is said of words that one may choose from.
pub(super) fn credential(at: At, kind: &str, path: &[String]) -> Diagnostic {
    let message = format!("`{}` of a {kind} is a credential's, and not what the API takes", path.join("."));
    Diagnostic::new(&codes::SECRET, at, message)
        .help("take it from a Secret, and change the credential: it was published")
}

/// What is wrong with an object, at its place.
pub(super) fn fault(
    code: &'static Code,
    node: &Node,
    kind: &str,
    fault: &Fault,
    schemas: &Schemas,
) -> Diagnostic {
    let part = if matches!(fault.kind, FaultKind::Wrong(_)) { Part::Value } else { Part::Key };
    let at = place(node, &fault.path, part);
    let name_of = |above: &[String]| {
        let above = above.iter().try_fold(node, |node, step| match step.parse::<usize>() {
            Ok(index) => node.as_seq()?.get(index),
            Err(_) => node.get(step),
        })?;
        Some(above.get("name")?.as_scalar()?.text.to_string())
    };
    if matches!(fault.kind, FaultKind::Wrong(_)) && is_of_credential(kind, &fault.path, name_of) {
        return credential(At::Span(at), kind, &fault.path);
    }
    let found = Diagnostic::at_span(code, at, fault.message(kind));
    if let Some(elsewhere) = fault.elsewhere() {
        return found.note(elsewhere).help(format!("correct {}, or do without it", schemas.setting()));
    }
    match (&fault.kind, fault.nearest()) {
        (FaultKind::Unknown { known, .. }, Some(near)) => {
            let field = fault.path.last().map(String::as_str).unwrap_or_default();
            let certain = is_slip(field, near, known.iter().map(String::as_str));
            found.write(near, At::Span(at), certain.then_some(field))
        }
        (FaultKind::Unknown { known, .. }, None) => {
            found.help(format!("the fields there are {}", and_list(known.iter().map(String::as_str))))
        }
        _ => found,
    }
}

/// A finding with the release of another project that says so, and what to do where the cluster has another one.
pub(super) fn of_release(found: Diagnostic, release: Option<&str>) -> Diagnostic {
    let Some(release) = release else { return found };
    found.note(format!("what is known here is of {release}")).help(
        "where the cluster has another version or channel, bring its definition: under `crds`, or as a file of `check --manifests`",
    )
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
fn unchecked(all: &[Manifest], schemas: &Schemas, sink: &mut Sink) {
    let mut kinds: BTreeMap<(String, String), (Span, usize)> = BTreeMap::new();
    for manifest in all.iter().filter(|it| it.unchecked) {
        let at = place(&manifest.node, &["kind".to_owned()], Part::Value);
        let id = manifest.object.id();
        kinds.entry((id.kind.into_owned(), id.group.into_owned())).or_insert((at, 0)).1 += 1;
    }
    for ((kind, group), (at, count)) in kinds {
        let message = match count {
            1 => format!("a {kind} is not checked"),
            _ => format!("{count} objects of the kind {kind} are not checked"),
        };
        sink.push(
            Diagnostic::at_span(&codes::NOT_CHECKED, at, message).note(schemas.why_unknown(&group, &kind)),
        );
    }
    let mut gaps: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    for manifest in all {
        let at = place(&manifest.node, &["kind".to_owned()], Part::Value);
        for gap in &manifest.gaps {
            gaps.entry((manifest.object.kind(), gap)).or_insert(at);
        }
    }
    for ((kind, gap), at) in gaps {
        let message = format!("not checked of a {kind}: {gap}");
        sink.push(Diagnostic::at_span(&codes::NOT_CHECKED, at, message).note("the rest of it is"));
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
pub(super) fn place(node: &Node, path: &[String], part: Part) -> Span {
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

/// A node as a value, typed as the tools of Kubernetes type it. A key without a value is as good as none.
pub(super) fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Map(map) => {
            let kept = map.iter().filter(|(_, it)| !it.value.is_null());
            Value::Object(kept.map(|(key, it)| (key.to_string(), value(&it.value))).collect::<Map<_, _>>())
        }
        Kind::Seq(items) => Value::Array(items.iter().map(value).collect()),
        Kind::Scalar(it) => scalar::value_of_yaml_1_1(it),
    }
}
