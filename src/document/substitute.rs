//! References whose value is known before the stack is typed: parameters, versions, the environment's name, and
//! the component's own name. Those that need the typed stack (`${services.…}`) stay as they are.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::codes;
use super::compose::Filled;
use crate::diag::{At, Diagnostic, Sink, Sources, Span, is_slip_of_name, nearest};
use crate::syntax::reference::{self, Part};
use crate::syntax::{Kind, Map, Node, Plain, Scalar};

/// What early references may name.
pub(super) struct Scope<'a> {
    pub(super) sources: &'a Sources,
    pub(super) environment: &'a str,
    pub(super) parameters: &'a IndexMap<String, Scalar>,
    pub(super) versions: &'a Map,
    /// Set while a component is substituted.
    pub(super) name: Option<&'a str>,
    /// What was used: `parameters.sha`, `versions.GO`.
    pub(super) used: &'a RefCell<BTreeSet<String>>,
    /// What has no reference.
    pub(super) plain: &'a Plain,
    /// Which parameters were put where.
    pub(super) filled: &'a RefCell<Filled>,
}

/// Replaces early references below a node.
pub(super) fn substitute(node: &mut Node, scope: &Scope<'_>, sink: &mut Sink) {
    // What merging made for this component alone is changed where it is.
    if let Kind::Map(map) = &mut node.kind
        && let Some(map) = Arc::get_mut(map)
    {
        map.values_mut().for_each(|it| substitute(&mut it.value, scope, sink));
    } else if let Some(kind) = substituted(node, scope, sink) {
        node.kind = kind;
    }
}

/// What a node becomes; none where it stays, so that what has no reference stays shared.
fn substituted(node: &Node, scope: &Scope<'_>, sink: &mut Sink) -> Option<Kind> {
    match &node.kind {
        _ if scope.plain.has(node) => None,
        Kind::Map(map) => {
            let mut new: Option<Map> = None;
            for (index, entry) in map.values().enumerate() {
                if let Some(kind) = substituted(&entry.value, scope, sink) {
                    new.get_or_insert_with(|| Map::clone(map))[index].value.kind = kind;
                }
            }
            new.map(|it| Kind::Map(Arc::new(it)))
        }
        Kind::Seq(items) => {
            let mut new: Option<Vec<Node>> = None;
            for (index, item) in items.iter().enumerate() {
                if let Some(kind) = substituted(item, scope, sink) {
                    new.get_or_insert_with(|| Vec::clone(items))[index].kind = kind;
                }
            }
            new.map(|it| Kind::Seq(Arc::new(it)))
        }
        Kind::Scalar(scalar) if reference::has_reference(&scalar.text) => {
            replaced(scalar, node.span, scope, sink).map(Kind::Scalar)
        }
        Kind::Scalar(_) => None,
    }
}

fn replaced(scalar: &Scalar, span: Span, scope: &Scope<'_>, sink: &mut Sink) -> Option<Scalar> {
    let bad: Vec<_> = reference::parts(&scalar.text).filter_map(Result::err).collect();
    if !bad.is_empty() {
        for it in bad {
            let text = &scalar.text[it.at];
            let at = reference::within(scope.sources, span, text);
            let found = Diagnostic::at_span(&codes::DANGLING_REFERENCE, at, it.why);
            sink.push(found.help("`$${` writes a literal `${`"));
        }
        return None;
    }
    let mut parts = reference::parts(&scalar.text).filter_map(Result::ok).peekable();
    let (mut text, mut changed) = (String::with_capacity(scalar.text.len()), false);
    while let Some(part) = parts.next() {
        match part {
            // What stays is read again later: escapes stay.
            Part::Text(it) => text.push_str(it),
            Part::Escape => text.push_str("$${"),
            Part::Reference(inside, at) => match early(inside, scalar, span, scope, sink) {
                // A value that is the whole text stays what it is: a number, a boolean.
                Some(value) if text.is_empty() && !changed && parts.peek().is_none() => {
                    return Some(value.into_owned());
                }
                Some(value) => {
                    text.push_str(&reference::escaped(&value.text));
                    changed = true;
                }
                None => text.push_str(&scalar.text[at]),
            },
        }
    }
    changed.then(|| Scalar { text: text.into(), plain: false })
}

/// The value of an early reference; `None` for a late one, or after reporting one that names nothing.
fn early<'a>(
    inside: &str,
    scalar: &Scalar,
    span: Span,
    scope: &'a Scope<'_>,
    sink: &mut Sink,
) -> Option<std::borrow::Cow<'a, Scalar>> {
    use std::borrow::Cow;
    let text = |it: &str| Some(Cow::Owned(Scalar { text: it.into(), plain: false }));
    let (what, name, known): (_, &str, Vec<&str>) = match inside.split_once('.') {
        None if inside == "env" => return text(scope.environment),
        None if inside == "name" => return scope.name.and_then(text),
        Some(("parameters", name)) if !name.contains('.') => {
            if let Some(value) = scope.parameters.get(name) {
                scope.used.borrow_mut().insert(format!("parameters.{name}"));
                scope.filled.borrow_mut().entry(span).or_default().insert(name.to_owned());
                return Some(Cow::Borrowed(value));
            }
            ("parameter", name, scope.parameters.keys().map(String::as_str).collect())
        }
        Some(("versions", name)) if !name.contains('.') => {
            if let Some(entry) = scope.versions.get(name) {
                scope.used.borrow_mut().insert(format!("versions.{name}"));
                return entry.value.as_scalar().map(Cow::Borrowed);
            }
            ("version", name, scope.versions.keys().map(|it| &**it).collect())
        }
        _ => return None,
    };
    let whole = format!("${{{inside}}}");
    debug_assert!(scalar.text.contains(&whole));
    let at = reference::within(scope.sources, span, &whole);
    let found = Diagnostic::at_span(&codes::DANGLING_REFERENCE, at, format!("there is no {what} `{name}`"));
    sink.push(match nearest(name, known.iter().copied()) {
        Some(near) => {
            let right = whole.replace(&format!(".{name}"), &format!(".{near}"));
            let place = match what {
                "version" => scope.versions.get(near).map(|it| it.key),
                _ => None,
            };
            let found = match place {
                Some(place) => found.also(At::Span(place), "a similar name is declared here"),
                None => found,
            };
            let certain = is_slip_of_name(name, near, known.iter().copied());
            found.write(&right, At::Span(at), certain.then_some(&whole))
        }
        None => found,
    });
    None
}
