//! YAML text to a spanned [`Node`] tree, and the tree's own operations.

pub mod codes;
pub mod dotenv;
mod merge;
mod node;
pub mod parse;
mod plain;
pub mod reference;
pub mod scalar;

pub use merge::{Shape, merge, settle, settle_entries};
pub use node::{Entry, Hasher, Kind, Map, Node, Scalar};
pub use plain::Plain;
