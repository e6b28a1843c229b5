//! Bundles on disk: what is compared, written, refused, kept and survived.

#![allow(clippy::disallowed_methods, reason = "these tests look at the disk and start processes")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; the lint exempts only the test functions"
)]
#![allow(clippy::print_stdout, reason = "a test that cannot run here says so")]

mod compare;
mod crash;
mod faults;
mod process;
mod refuse;
mod strangers;
mod support;
mod write;
