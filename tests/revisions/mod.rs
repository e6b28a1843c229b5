//! A stack against a revision of its repository: `stackgen diff --base` and `stackgen affected`.

mod affected;
mod base;
mod repository;
