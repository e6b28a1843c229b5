//! What an environment takes out of the stack.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Span;
use crate::syntax::{Kind, Node};

/// What an environment takes out of the stack by `null`.
#[derive(Clone, Debug, Default)]
pub struct Removed {
    /// Sections, and entries of sections as `SECTION/NAME`, by the place of the key that removes them.
    places: BTreeMap<String, Span>,
    /// The words of everything that was taken out.
    words: BTreeSet<String>,
    /// Those of `places` that are left out because nobody calls them.
    unbound: BTreeSet<String>,
}

impl Removed {
    /// Of a document whose removals are still marked.
    pub(super) fn of(root: &Node) -> Self {
        let mut found = Self::default();
        for (section, entry) in root.as_map().into_iter().flatten() {
            if removes(&entry.value) {
                found.places.insert(section.to_string(), entry.key);
            }
            for (name, below) in entry.value.as_map().into_iter().flatten() {
                if removes(&below.value) {
                    found.places.insert(format!("{section}/{name}"), below.key);
                }
            }
        }
        found.read(root);
        found
    }

    /// Where a section is removed, or an entry of one.
    #[must_use]
    pub fn place(&self, section: &str, name: Option<&str>) -> Option<Span> {
        if self.places.is_empty() {
            return None;
        }
        match name {
            Some(name) => self.places.get(&format!("{section}/{name}")).copied(),
            None => self.places.get(section).copied(),
        }
    }

    /// Whether something that was taken out names it: where that is used, it is used.
    #[must_use]
    pub fn names(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether an entry of a section is left out because nobody calls it.
    #[must_use]
    pub fn is_unbound(&self, section: &str, name: &str) -> bool {
        self.unbound.contains(&format!("{section}/{name}"))
    }

    /// Notes an entry that is left out, at what says so.
    pub(super) fn leave_out(&mut self, section: &str, name: &str, at: Span) {
        self.places.insert(format!("{section}/{name}"), at);
        self.unbound.insert(format!("{section}/{name}"));
    }

    /// Notes the words of what is taken out in another way than by `null`.
    pub(super) fn note(&mut self, node: &Node) {
        self.take(node);
    }

    /// Notes the words of what nulls replaced, wherever they stand.
    fn read(&mut self, node: &Node) {
        match &node.kind {
            Kind::Map(map) => map.values().for_each(|it| self.read(&it.value)),
            Kind::Seq(items) => items.iter().for_each(|it| self.read(it)),
            Kind::Scalar(_) if node.is_null() => {
                let mut below = node.beat.as_deref();
                while let Some(layer) = below {
                    self.take(layer);
                    below = layer.beat.as_deref();
                }
            }
            Kind::Scalar(_) => {}
        }
    }

    fn take(&mut self, node: &Node) {
        match &node.kind {
            Kind::Map(map) => map.values().for_each(|it| self.take(&it.value)),
            Kind::Seq(items) => items.iter().for_each(|it| self.take(it)),
            Kind::Scalar(scalar) => {
                let outside = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_');
                let words = scalar.text.split(outside).filter(|it| !it.is_empty());
                self.words.extend(words.map(str::to_owned));
            }
        }
    }
}

/// Whether a node is a null over something.
fn removes(node: &Node) -> bool {
    let mut below = node.beat.as_deref();
    while let Some(layer) = below {
        if !layer.is_null() {
            return node.is_null();
        }
        below = layer.beat.as_deref();
    }
    false
}
