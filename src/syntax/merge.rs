//! Layers: a later mapping over an earlier one, node by node, keeping what lost.

use std::sync::Arc;

use super::node::{Entry, Kind, Map, Node};
use super::plain::Plain;

/// What merging must know about a place: where a mapping is a choice of alternatives.
///
/// Most mappings merge by key. A mapping such as `scale: { hpa: … }` is a choice: a layer that chooses another
/// alternative replaces the whole, or two alternatives would stand side by side.
#[derive(Debug)]
pub struct Shape {
    /// The mutually exclusive keys here; empty where the mapping merges by key.
    pub choice: &'static [&'static str],
    /// The shapes below, by key; `*` is any key.
    pub below: &'static [(&'static str, &'static Shape)],
}

impl Shape {
    /// Merges by key all the way down.
    pub const PLAIN: Shape = Shape { choice: &[], below: &[] };

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

/// `upper` over `lower`. Mappings merge by key; scalars and lists replace; a null stays, marking a removal, until
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
        _ => Node { kind: upper.kind.clone(), span: upper.span, beat: Some(Arc::new(lower.clone())) },
    }
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
