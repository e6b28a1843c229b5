//! Subtrees that composing need not look into.

use indexmap::IndexSet;

use super::node::{Hasher, Kind, Node};
use super::reference::has_reference;

/// Mappings and lists without a reference or a removal anywhere below them. Components share those of their profiles,
/// which so are searched once.
#[derive(Debug, Default)]
pub struct Plain {
    addresses: IndexSet<usize, Hasher>,
    /// So that an address stays that of what it was.
    kept: Vec<Node>,
}

impl Plain {
    /// Those at and below some nodes.
    pub fn of<'a>(roots: impl Iterator<Item = &'a Node>) -> Self {
        let mut found = Self::default();
        for root in roots {
            found.search(root);
            found.kept.push(root.clone());
        }
        found
    }

    /// Whether a node is one of them.
    #[must_use]
    pub fn has(&self, node: &Node) -> bool {
        address(node).is_some_and(|it| self.addresses.contains(&it))
    }

    /// Notes those at and below a node; tells whether the node itself is plain.
    fn search(&mut self, node: &Node) -> bool {
        let plain = match &node.kind {
            Kind::Scalar(scalar) => return !node.is_null() && !has_reference(&scalar.text),
            Kind::Map(map) => self.search_all(map.values().map(|it| &it.value)),
            Kind::Seq(items) => self.search_all(items.iter()),
        };
        if plain {
            self.addresses.extend(address(node));
        }
        plain
    }

    fn search_all<'a>(&mut self, nodes: impl Iterator<Item = &'a Node>) -> bool {
        let mut plain = true;
        for node in nodes {
            plain &= self.search(node);
        }
        plain
    }
}

fn address(node: &Node) -> Option<usize> {
    match &node.kind {
        Kind::Map(it) => Some(std::sync::Arc::as_ptr(it).addr()),
        Kind::Seq(it) => Some(std::sync::Arc::as_ptr(it).addr()),
        Kind::Scalar(_) => None,
    }
}
