//! Layers: a later mapping over an earlier one, node by node, keeping what lost.

use std::sync::Arc;

use super::node::{Entry, Kind, Map, Node, Scalar};
use super::plain::Plain;

/// What merging must know about a place: where a mapping is a choice of alternatives.
///
/// Most mappings merge by key. A mapping such as `scale: { hpa: … }` is a choice: a layer that chooses another
/// alternative replaces the whole, or two alternatives would stand side by side.
///
/// A list of names such as `uses` may be written as a mapping as well: over the list, it changes single ones.
#[derive(Debug)]
pub struct Shape {
    /// Whether a list here is one of names, each with what follows its `:`.
    pub names: bool,
    /// The mutually exclusive keys here; empty where the mapping merges by key.
    pub choice: &'static [&'static str],
    /// The shapes below, by key; `*` is any key.
    pub below: &'static [(&'static str, &'static Shape)],
}

impl Shape {
    /// Merges by key all the way down.
    pub const PLAIN: Shape = Shape { names: false, choice: &[], below: &[] };
    /// Names, as a list or as a mapping.
    pub const NAMES: Shape = Shape { names: true, ..Self::PLAIN };

    /// The shape under a key.
    #[must_use]
    pub fn under(&self, key: &str) -> &'static Shape {
        let below: &'static [(&str, &Shape)] = self.below;
        below.iter().find(|(it, _)| *it == key || *it == "*").map_or(&Shape::PLAIN, |(_, shape)| *shape)
    }

    fn switches(&self, lower: &Map, upper: &Map) -> bool {
        let chosen = |map: &Map| self.choice.iter().find(|key| map.contains_key(**key)).copied();
        matches!((chosen(lower), chosen(upper)), (Some(a), Some(b)) if a != b)
    }
}

/// `upper` over `lower`. Mappings merge by key, also over a list of names; scalars and lists replace; a null stays, marking a removal, until
/// [`settle`] carries it out.
#[must_use]
pub fn merge(lower: &Node, upper: &Node, shape: &Shape) -> Node {
    match (&lower.kind, &upper.kind) {
        (Kind::Map(under), Kind::Map(over)) if !shape.switches(under, over) => {
            let mut map = Map::clone(under);
            for (key, entry) in over.iter() {
                let merged = match map.get(key) {
                    Some(old) => over_entry(old, entry, shape.under(key)),
                    None => entry.clone(),
                };
                map.insert(Arc::clone(key), merged);
            }
            Node { kind: Kind::Map(Arc::new(map)), span: lower.span, beat: lower.beat.clone() }
        }
        (Kind::Seq(under), Kind::Map(_)) if let (true, Some(map)) = (shape.names, by_name(under)) => {
            merge(&Node { kind: Kind::Map(Arc::new(map)), ..lower.clone() }, upper, shape)
        }
        _ => beating(upper, lower),
    }
}

/// A node that beats another one, below what it beat already.
fn beating(upper: &Node, lower: &Node) -> Node {
    let beaten = upper.beat.as_ref().map_or_else(|| lower.clone(), |it| beating(it, lower));
    Node { kind: upper.kind.clone(), span: upper.span, beat: Some(Arc::new(beaten)) }
}

/// A list of names as the mapping that means the same: each name with a list of what follows its `:`. None where an item is
/// no text.
fn by_name(items: &[Node]) -> Option<Map> {
    let mut map = Map::default();
    for item in items {
        let scalar = item.as_scalar()?;
        let (name, rest) = match scalar.text.split_once(':') {
            Some((name, rest)) => (Arc::from(name), Some(rest)),
            None => (Arc::clone(&scalar.text), None),
        };
        let none = || Entry {
            key: item.span,
            value: Node { kind: Kind::Seq(Arc::default()), span: item.span, beat: None },
        };
        let entry = map.entry(name).or_insert_with(none);
        if let (Some(rest), Kind::Seq(list)) = (rest, &mut entry.value.kind) {
            let text = Scalar { text: rest.into(), plain: scalar.plain };
            Arc::make_mut(list).push(Node { kind: Kind::Scalar(text), span: item.span, beat: None });
        }
    }
    Some(map)
}

fn over_entry(old: &Entry, new: &Entry, shape: &Shape) -> Entry {
    let value = merge(&old.value, &new.value, shape);
    let joined = value.span == old.value.span;
    Entry { key: if joined { old.key } else { new.key }, value }
}

/// Carries removals out: drops every null, and hands those that removed nothing to `idle`.
pub fn settle(node: &mut Node, plain: &Plain, idle: &mut dyn FnMut(&str, &Entry)) {
    if !has_null(node, plain) {
        return;
    }
    match &mut node.kind {
        Kind::Map(map) => {
            let map = Arc::make_mut(map);
            settle_entries(map, idle);
            for entry in map.values_mut() {
                settle(&mut entry.value, plain, idle);
            }
        }
        Kind::Seq(items) => Arc::make_mut(items).iter_mut().for_each(|it| settle(it, plain, idle)),
        Kind::Scalar(_) => {}
    }
}

/// The same of the entries of a mapping alone, not of what is below them.
pub fn settle_entries(map: &mut Map, idle: &mut dyn FnMut(&str, &Entry)) {
    map.retain(|key, entry| {
        if entry.value.is_null() && entry.value.beat.as_ref().is_none_or(|it| it.is_null()) {
            idle(key, entry);
        }
        !entry.value.is_null()
    });
}

/// Whether a removal stands anywhere below: most subtrees have none and stay shared.
fn has_null(node: &Node, plain: &Plain) -> bool {
    match &node.kind {
        _ if plain.has(node) => false,
        Kind::Map(map) => map.values().any(|it| it.value.is_null() || has_null(&it.value, plain)),
        Kind::Seq(items) => items.iter().any(|it| has_null(it, plain)),
        Kind::Scalar(_) => false,
    }
}
