//! YAML text to a spanned [`Node`] tree, and the tree's own operations.

mod node;
pub mod parse;

pub use node::{Entry, Kind, Map, Node, Scalar};
