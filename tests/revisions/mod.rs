//! A stack against a revision of its repository: `stackgen diff --base` and `stackgen affected`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and writes stacks to temporary folders"
)]

mod affected;
mod base;
mod repository;
