//! Every test of the program from outside, in one binary: one link, and tests of all modules share the cores.
//! `cargo test golden` runs those of one module.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic, looks at the disk, starts processes and says what it skips"
)]

mod access;
mod action;
mod adopt;
mod architecture;
mod binding;
mod choices;
mod ci;
mod cli;
mod compose;
mod credentials;
mod diff;
mod docs;
mod emitter;
mod engines;
mod features;
mod fix;
mod forms;
mod golden;
mod graph;
mod hostile;
mod instances;
mod jobs;
mod kustomize;
mod manifests;
mod mesh;
mod mutation;
mod network;
mod observability;
mod patches;
mod paths;
mod peers;
mod pod_security;
mod provenance;
mod publish;
mod readme;
mod revisions;
mod rollouts;
mod scaling;
mod schema;
mod schemas;
mod support;
mod sync;
mod syntax;
mod threads;
mod tiers;
mod ui;
mod watch;
