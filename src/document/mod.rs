//! One environment's document: the stack's files put together, with the environment's layers, parameters and
//! profiles applied. Everything here works on spanned nodes, so that every later message can show every layer.

mod bound;
pub mod codes;
mod compose;
mod environment;
mod files;
mod load;
mod made_here;
mod parameter;
mod profile;
mod removed;
mod shape;
mod substitute;
mod variant;

pub use compose::{Document, Outline, compose, outline};
pub use files::{FileError, Files};
pub use load::{Loaded, load};
pub(crate) use load::{matching, read_text, unreadable};
pub(crate) use made_here::{asks as asks_for_generation, generated};
pub use parameter::{Kind as ParameterKind, Parameter, declared as declared_parameters};
pub use removed::Removed;
pub use variant::Variants;

/// The sections whose entries are components: they merge over their profiles.
pub const COMPONENTS: [&str; 3] = ["services", "stateful", "jobs"];

/// The sections that are maps of named things; an environment may change what the stack names, not add names.
pub const NAMED: [&str; 15] = [
    "affinity",
    "certificates",
    "clients",
    "configs",
    "externals",
    "gateways",
    "identities",
    "jobs",
    "namespaces",
    "parameters",
    "profiles",
    "secrets",
    "services",
    "stateful",
    "stores",
];
