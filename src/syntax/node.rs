//! The spanned document: what a person wrote, with the exact place of every key and value.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diag::Span;

/// The entries of a mapping, in the order written.
pub type Map = IndexMap<Arc<str>, Entry, Hasher>;

/// What maps of the user's own names hash with: nobody else fills them, so that speed is all that counts.
pub type Hasher = foldhash::fast::FixedState;

/// A value and where it stands. Subtrees are shared, so a clone is cheap.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where the value stands (for a map or list: from its first to its last byte).
    pub span: Span,
    /// The value of a lower layer that this one replaced, newest first along the chain.
    pub beat: Option<Arc<Node>>,
}

/// The three shapes of YAML.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Text that the decoder types.
    Scalar(Scalar),
    /// A list.
    Seq(Arc<Vec<Node>>),
    /// A mapping.
    Map(Arc<Map>),
}

/// A scalar as written: the type is the decoder's business, so `1.10` stays `1.10`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text after unescaping and folding.
    pub text: Arc<str>,
    /// Whether it stood plain (untagged and unquoted): only then may it be a null, boolean or number.
    pub plain: bool,
}

/// A key's place and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key stands.
    pub key: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Whether this is YAML's null (`null`, `~` or nothing), which removes what a lower layer gave.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(it) if it.plain && matches!(&*it.text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The mapping, if this is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if this is one.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, if this is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key).map(|entry| &entry.value)
    }
}
