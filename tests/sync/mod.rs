//! Bundles on disk: what is compared, written, refused, kept and survived.

mod compare;
mod crash;
mod faults;
mod process;
mod refuse;
mod strangers;
mod support;
mod write;
