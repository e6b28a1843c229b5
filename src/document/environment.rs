//! The environment's layers over the stack: its `extends` chain, its overlay files, then itself.

use std::sync::Arc;

use super::NAMED;
use super::codes;
use super::load::{Loaded, strings};
use super::shape::STACK;
use crate::diag::{At, Diagnostic, Sink, is_slip_of_name, nearest};
use crate::syntax::{Kind, Map, Node, merge};

/// Keys of an environment that speak of itself; the rest are sections of the stack.
pub(super) const OWN: [&str; 4] = ["extends", "overlays", "description", "target"];

/// The stack with the environment's layers merged over it; removals still marked.
pub(super) fn layered(loaded: &Loaded, environment: &str, sink: &mut Sink) -> Option<Node> {
    let mut chain = Vec::new();
    extend(loaded, environment, None, &mut chain, sink)?;
    let mut root = loaded.root.clone();
    for (name, layer) in chain {
        for (path, _) in strings(layer.get("overlays")) {
            if let Some(overlay) = loaded.overlays.get(&path) {
                root = over(&root, overlay, &path, sink);
            }
        }
        root = over(&root, &sections(layer), &name, sink);
    }
    Some(root)
}

/// The word after `target:` for a Compose project.
pub(super) const COMPOSE: &str = "compose";

/// What an environment compiles to, as it or the nearest that it extends says it.
pub(super) fn target(loaded: &Loaded, environment: &str) -> Option<Arc<str>> {
    let mut chain = Vec::new();
    extend(loaded, environment, None, &mut chain, &mut Sink::default())?;
    let word = |layer: &Node| layer.get("target")?.as_scalar().map(|it| Arc::clone(&it.text));
    chain.into_iter().rev().find_map(|(_, layer)| word(layer))
}

/// The environment after those it extends.
fn extend<'a>(
    loaded: &'a Loaded,
    name: &str,
    from: Option<&Node>,
    chain: &mut Vec<(String, &'a Node)>,
    sink: &mut Sink,
) -> Option<()> {
    let environments = loaded.root.get("environments").and_then(Node::as_map);
    let at = from.map_or(At::Nowhere, |it| At::Span(it.span));
    let Some(entry) = environments.and_then(|it| it.get(name)) else {
        let known: Vec<&str> = environments.into_iter().flatten().map(|(key, _)| &**key).collect();
        let sections = loaded.root.as_map().filter(|_| environments.is_none());
        let near = sections.and_then(|it| it.get(nearest("environments", it.keys().map(|it| &**it))?));
        sink.push(match near {
            Some(section) => {
                let at = At::Span(section.key);
                unknown(name, at.clone(), &known).fix("write `environments`", at, "environments")
            }
            None => unknown(name, at, &known),
        });
        return None;
    };
    if chain.iter().any(|(it, _)| it == name) {
        let circle = chain.iter().map(|(it, _)| it.as_str()).chain([name]).collect::<Vec<_>>().join(" → ");
        let message = format!("environments extend each other in a circle: {circle}");
        sink.push(Diagnostic::new(&codes::UNKNOWN_ENVIRONMENT, at, message));
        return None;
    }
    chain.push((name.to_owned(), &entry.value));
    if let Some(parent) = entry.value.get("extends")
        && let Some(scalar) = parent.as_scalar()
    {
        extend(loaded, &scalar.text, Some(parent), chain, sink)?;
    }
    if from.is_none() {
        chain.reverse();
    }
    Some(())
}

/// An environment nobody declares, with the ones there are.
pub(crate) fn unknown(name: &str, at: At, known: &[&str]) -> Diagnostic {
    let found =
        Diagnostic::new(&codes::UNKNOWN_ENVIRONMENT, at, format!("the stack has no environment `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => found.help(format!("an environment `{near}` exists")),
        None if known.is_empty() => found.help("declare one under `environments`"),
        None => found.help(format!("it has {}", crate::diag::and_list(known.iter().copied()))),
    }
}

/// The environment without the keys that speak of itself.
fn sections(environment: &Node) -> Node {
    let Some(map) = environment.as_map() else { return environment.clone() };
    let kept: Map = map
        .iter()
        .filter(|(key, _)| !OWN.contains(&&***key))
        .map(|(key, entry)| (Arc::clone(key), entry.clone()))
        .collect();
    Node { kind: Kind::Map(Arc::new(kept)), span: environment.span, beat: None }
}

/// Merges one layer, after telling which of its names the stack does not have.
fn over(root: &Node, layer: &Node, layer_name: &str, sink: &mut Sink) -> Node {
    if layer.is_null() {
        return root.clone();
    }
    let Some(map) = layer.as_map() else {
        return root.clone();
    };
    let mut known = map.clone();
    for section in NAMED {
        let Some(entries) = map.get(section).and_then(|it| it.value.as_map()) else { continue };
        let declared = root.get(section).and_then(Node::as_map);
        for (name, entry) in entries {
            if declared.is_some_and(|it| it.contains_key(name)) || declares(section, &entry.value) {
                continue;
            }
            let message =
                format!("`{layer_name}` changes `{section}.{name}`, which the stack does not declare");
            forget(&mut known, section, name);
            let found = Diagnostic::at_span(&codes::OVERRIDE_MATCHES_NOTHING, entry.key, message);
            let names = || declared.into_iter().flatten().map(|(key, _)| &**key);
            sink.push(match nearest(name, names()) {
                Some(near) => {
                    let place = declared.and_then(|it| it.get(near)).map(|it| it.key);
                    let found = match place {
                        Some(place) => found.also(At::Span(place), "a similar name is declared here"),
                        None => found,
                    };
                    let certain = is_slip_of_name(name, near, names());
                    found.write(near, At::Span(entry.key), certain.then_some(name))
                }
                None if section == "parameters" => found
                    .help(format!("declare `{name}` in the stack, or give it a `type` to declare it here")),
                None => found
                    .help(format!("declare `{name}` in the stack; `null` removes it where it is unwanted")),
            });
        }
    }
    let layer = Node { kind: Kind::Map(Arc::new(known)), span: layer.span, beat: None };
    merge(root, &layer, &STACK)
}

/// Takes out what is reported already, so that it is not reported again as a component without an image.
fn forget(layer: &mut Map, section: &str, name: &str) {
    if let Some(Kind::Map(entries)) = layer.get_mut(section).map(|it| &mut it.value.kind) {
        Arc::make_mut(entries).shift_remove(name);
    }
}

/// An environment may declare parameters of its own: an entry with a `type`.
fn declares(section: &str, value: &Node) -> bool {
    section == "parameters" && value.get("type").is_some()
}
