//! YAML text to a spanned [`Node`] tree, and the tree's own operations.

mod merge;
mod node;
pub mod parse;
pub mod reference;

pub use merge::{Shape, merge, settle};
pub use node::{Entry, Kind, Map, Node, Scalar};
