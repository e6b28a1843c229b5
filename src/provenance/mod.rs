//! Where the values of an output object come from: the line that set each, and the lines it beat.
//!
//! An object says by its kind and path which part of the stack it is made from ([`origin`]); the composed document
//! knows where that part is written, and over what. Values that nobody wrote are defaults of the program.

mod access;
mod adopted;
pub mod compose;
mod files;
mod observed;
mod origin;
mod patched;
mod secret;

use crate::bundle::Bundle;
use crate::diag::{Part, Route, Sink, Sources, Span};
use crate::document::Document;
use crate::lower::folder::MANIFESTS;
use crate::syntax::parse::parse;
use crate::syntax::{Kind, Node};

/// An object of a bundle.
#[derive(Debug)]
pub struct Found {
    /// The folder it is in.
    pub folder: String,
    /// `apps/v1/Deployment platform-services/iam`.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its own text, read back.
    pub node: Node,
}

/// A value of an object and where it comes from.
#[derive(Debug)]
pub struct Value {
    /// Its path in the object, such as `spec.template.spec.containers[iam].image`.
    pub path: String,
    /// The value.
    pub text: String,
    /// The part of the stack that it is made from.
    pub route: Route,
    /// Where that part, or its nearest written ancestor, stands.
    pub at: Span,
    /// Whether the part itself is written; else the value is a default.
    pub written: bool,
    /// What it beat, newest first.
    pub beat: Vec<(Span, String)>,
}

/// The objects of a bundle that a word such as `deployment/iam` names.
#[must_use]
pub fn find(bundle: &Bundle, wanted: &str) -> Vec<Found> {
    let (kind, name) = wanted.split_once('/').unwrap_or(("", wanted));
    let fits = |it: &Found| {
        // The name of a file holds a `/`, too.
        let own = it.id.split_once(' ').map_or("", |(_, own)| own);
        own == wanted || own == name && (kind.is_empty() || it.kind.eq_ignore_ascii_case(kind))
    };
    let mut found: Vec<Found> = compose::project(bundle).into_iter().filter(fits).collect();
    for (path, file) in bundle.iter() {
        let Some(id) = &file.object else { continue };
        let Some((gvk, full)) = id.rsplit_once(' ') else { continue };
        let own_kind = gvk.rsplit('/').next().unwrap_or(gvk);
        let own_name = full.rsplit('/').next().unwrap_or(full);
        let stem = path.rsplit('/').next().unwrap_or(path).split(['.', '-']).next().unwrap_or("");
        let kind_fits =
            kind.is_empty() || own_kind.eq_ignore_ascii_case(kind) || stem.eq_ignore_ascii_case(kind);
        if !kind_fits || (own_name != name && full != name) {
            continue;
        }
        let mut sources = Sources::default();
        let text = sources.add(path, file.text.as_str());
        if let Some(node) = parse(&sources, text, &mut Sink::default()) {
            let folder = path.split('/').next().unwrap_or_default().to_owned();
            found.push(Found { folder, id: id.clone(), kind: own_kind.to_owned(), node });
        }
    }
    found
}

/// What the objects of a bundle are called as words for [`find`], such as `deployment/iam`.
#[must_use]
pub fn words(bundle: &Bundle) -> Vec<String> {
    let word = |id: &str| {
        let (gvk, name) = id.split_once(' ')?;
        let kind = gvk.rsplit('/').next()?.to_lowercase();
        // The namespace of an object goes; the name of a file is a path.
        let name = if kind == "file" { name } else { name.rsplit('/').next()? };
        Some(format!("{kind}/{name}"))
    };
    let project = compose::project(bundle);
    let objects = bundle.iter().filter_map(|(_, file)| file.object.as_deref());
    objects.chain(project.iter().map(|it| it.id.as_str())).filter_map(word).collect()
}

/// Every value of an object at or below a path (all of them for an empty one).
#[must_use]
pub fn explain(document: &Document, object: &Found, below: &str) -> Vec<Value> {
    let mut values = Vec::new();
    walk(&object.node, &mut Vec::new(), &mut |steps, text| {
        let path = shown(steps);
        if !is_below(&path, below) {
            return;
        }
        let (route, at, written) = place(document, object, steps);
        let mut beat = beaten(document, &route);
        // A patch beats those before it, and what the object was made from.
        let mut patches = patched::origins(document, object, steps).into_iter();
        if patches.next().is_some() {
            let made = origin::origin(document, object, steps);
            for lower in patches.chain([made]) {
                // A component is no value.
                if let Some(node) = document.find(&lower).filter(|it| it.as_map().is_none()) {
                    beat.push((document.locate(&lower, Part::Value).0, summary(node)));
                    beat.extend(beaten(document, &lower));
                }
            }
        }
        values.push(Value { path, text: text.to_owned(), route, at, written, beat });
    });
    values
}

/// What the node at a route beat, newest first.
fn beaten(document: &Document, route: &Route) -> Vec<(Span, String)> {
    let mut beat = Vec::new();
    let mut layer = document.find(route).and_then(|it| it.beat.as_deref());
    while let Some(node) = layer {
        beat.push((node.span, summary(node)));
        layer = node.beat.as_deref();
    }
    beat
}

/// The part of the stack that one value of an object is made from; where it, or its nearest written ancestor, stands;
/// and whether it is written itself.
#[must_use]
pub fn place(document: &Document, object: &Found, steps: &[Step]) -> (Route, Span, bool) {
    let patched = patched::origins(document, object, steps).into_iter().next();
    if patched.is_none()
        && let Some(at) = patched::manifest(document, object, steps)
    {
        return (Route::of(&[MANIFESTS]), at, true);
    }
    let route = patched.unwrap_or_else(|| origin::origin(document, object, steps));
    let (at, written) = document.locate(&route, Part::Value);
    (route, at, written)
}

/// A step into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An item of a list, by [`item_name`].
    Item(String),
}

/// What an item of a list is called; `text` reads a key of it. Mounts of one volume share a name: the path tells them apart.
/// What has no name goes by its number.
pub fn item_name(text: impl Fn(&str) -> Option<String>, index: usize) -> String {
    text("mountPath").or_else(|| text("name")).unwrap_or_else(|| index.to_string())
}

fn walk(node: &Node, steps: &mut Vec<Step>, leaf: &mut dyn FnMut(&[Step], &str)) {
    match &node.kind {
        Kind::Map(map) if !map.is_empty() => {
            for (key, entry) in map.iter() {
                steps.push(Step::Key(key.to_string()));
                walk(&entry.value, steps, leaf);
                steps.pop();
            }
        }
        Kind::Seq(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                let text = |key: &str| Some(item.get(key)?.as_scalar()?.text.to_string());
                steps.push(Step::Item(item_name(text, index)));
                walk(item, steps, leaf);
                steps.pop();
            }
        }
        Kind::Scalar(scalar) => leaf(steps, &scalar.text),
        Kind::Map(_) => leaf(steps, "{}"),
        Kind::Seq(_) => leaf(steps, "[]"),
    }
}

fn shown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Key(key) if key.contains('.') || key.contains('/') => text.extend(["[", key, "]"]),
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Item(name) => text.extend(["[", name, "]"]),
        }
    }
    text
}

fn is_below(path: &str, below: &str) -> bool {
    match path.strip_prefix(below.trim_end_matches('.')) {
        Some(rest) => below.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']),
        None => false,
    }
}

fn summary(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.chars().take(60).collect(),
        Kind::Map(map) => format!("{{ {} }}", map.keys().map(|it| &**it).collect::<Vec<_>>().join(", ")),
        Kind::Seq(items) => format!("a list of {}", items.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_people_write_them() {
        let steps = [Step::Key("spec".into()), Step::Item("iam".into()), Step::Key("a.b/c".into())];
        assert_eq!(shown(&steps), "spec[iam][a.b/c]");
        assert!(is_below("spec.replicas", "spec"));
        assert!(is_below("spec.replicas", ""));
        assert!(!is_below("specification", "spec"));
        assert!(is_below("spec.containers[a].image", "spec.containers"));
    }
}
