//! YAML text to a spanned [`Node`] tree, and the tree's own operations.

pub mod codes;
pub mod dotenv;
mod node;
pub mod parse;
pub mod scalar;

pub use node::{Entry, Kind, Map, Node, Scalar};
