//! Repositories, by the `git` program as people have it: their configuration, credentials and object formats are its own.

#![allow(clippy::disallowed_methods, reason = "this module, sync/ and cli/ are where the program does I/O")]

mod branch;
mod objects;
mod push;
mod repository;
mod source;
mod worktree;

pub use branch::{Standing, Upstream};
pub use objects::{Blob, Commit, Entry, EntryKind, Folder};
pub use push::Pushed;
pub use repository::{Failed, Repository};
pub use source::Source;
pub use worktree::Worktree;
