//! Repositories, by the `git` program as people have it: their configuration, credentials and object formats are its own.

#![allow(clippy::disallowed_methods, reason = "this module, sync/ and cli/ are where the program does I/O")]

mod repository;

pub use repository::{Failed, Repository};
