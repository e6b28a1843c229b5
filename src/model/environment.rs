//! An environment's keys that speak of itself; the rest are sections of the stack, merged over it.

use super::decode::OneOrMany;
use super::macros::{model, words};
use super::{Name, RelativePath};

words! {
    /// What an environment compiles to.
    pub enum Platform {
        /// A Kustomize tree.
        "kubernetes" Kubernetes,
        /// A Compose project.
        "compose" Compose,
    }
}

model! {
    /// An environment: what it changes of the stack.
    pub struct Environment {
        /// For a person.
        "description" description: Option<String>,
        /// The environment whose changes come first.
        "extends" extends: Option<Name>,
        /// Files whose changes come between those of `extends` and its own.
        "overlays" overlays: OneOrMany<RelativePath>,
        /// What it compiles to: what it extends says it, else `kubernetes`.
        "target" target: Option<Platform>,
    }
}
