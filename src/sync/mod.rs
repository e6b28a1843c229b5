//! Puts a [`Bundle`](crate::bundle::Bundle) on disk: one environment, one folder, all or nothing.
//!
//! [`plan()`] compares the bundle with the folder, [`apply()`] makes the folder equal to the bundle, [`check`] is the
//! comparison behind `--check`. What the folder holds beyond the files listed in its ownership file
//! (`.stackgen.json`) belongs to somebody else: it is carried over untouched, and where it is in the way the write
//! is refused unless forced. So is the loss of hand edits.
//!
//! # How a write survives a crash
//! Beside `DIR/ENV` a writer makes `DIR/.ENV.stackgen-XXXXXX/next` with the complete new content (files that stay
//! are hard links, so they keep every property), brings it to the disk, and exchanges it with `DIR/ENV` in one
//! system call. Where the system cannot exchange, two renames do it and the next run repairs the moment between
//! them. A writer holds a lock on `DIR/.ENV.stackgen.lock` all the time and deletes it in the end, so whoever holds
//! the lock knows that every working folder it finds is a dead run's.
//!
//! Nothing else in `DIR` is touched, and no symbolic link below `DIR` is followed.
//!
//! # Limits
//! Unix only. Extended attributes and access control lists of *folders* are not carried over (those of files are).

#![allow(clippy::disallowed_methods, reason = "this module and cli/ are where the program does I/O")]

mod apply;
mod build;
mod carry;
mod fault;
mod lock;
mod owned;
mod ownership;
mod parents;
mod path;
mod place;
mod plan;
mod refusal;
mod summary;
mod survey;
mod swap;
mod tree;
mod workspace;

pub use apply::{Options, apply};
pub use fault::Fault;
pub use lock::Lock;
pub use owned::owned;
pub use ownership::OWNERSHIP_FILE;
pub use plan::{Plan, Record, check, plan};
pub use refusal::Refusal;
pub use summary::Summary;
