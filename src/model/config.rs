//! Configuration that several components share.

use indexmap::IndexMap;

use super::macros::model;
use super::{FileKey, Name, Text};

model! {
    /// A ConfigMap of the stack's own: components refer to its keys.
    pub struct Config {
        /// The namespace, by its name in the stack.
        "namespace" namespace: Option<Name>,
        /// The entries.
        "data" data: IndexMap<FileKey, Text>,
    }
}
