//! stackgen compiles one typed description of a whole stack into Kustomize-ready Kubernetes YAML.
//!
//! ```text
//! files ─load─► Loaded ─compose─► Document ─decode─► Stack ─resolve─► Resolved ─lower─► Units ─layout─► Bundle
//!       syntax         document            model            resolve            lower         layout    + stream
//!       document                           stack                               mesh          emit
//!                                          stateful                            secret
//! ```
//!
//! | stage | module | what comes out | what it may not know |
//! |---|---|---|---|
//! | parse | [`syntax`] | nodes with spans, merge, references, dotenv | what any key means |
//! | load, compose | [`document`] | one environment's document, every layer's place kept | the types of sections |
//! | decode | [`model`], [`stateful`], [`stack`] | typed values, as a person writes them | other sections; spans are gone after it |
//! | resolve | [`mod@resolve`] | names bound, edges, boot order, texts | Kubernetes objects other than containers |
//! | check | [`rule`], `stateful::Tier::check` | findings | how anything is lowered |
//! | lower | [`lower`], [`mesh`], [`secret`] | typed objects ([`k8s`]), a unit a component | files and YAML; it cannot fail |
//! | compose | [`compose`] | the project of an environment for Docker Compose, in place of objects | files and YAML |
//! | layout, emit | [`layout`], [`emit`] | the [`bundle`] and the stream | what an object means |
//! | write, compare | [`sync`] | a plan, a folder | Kubernetes |
//! | ask a repository | [`git`] | what git says | stacks |
//! | draw | [`graph`] | who may reach whom, from the objects | how they were lowered |
//! | say what changes | [`diff`] | what differs between two sets of objects, and what applying it does | files; how objects were lowered |
//! | explain | [`provenance`] | the lines that set an object's values | how they were lowered |
//!
//! [`compile`] runs them for one environment. Every stage reports to a [`diag::Sink`]; only [`cli`] prints, and only
//! [`cli`], [`git`] and [`sync`] touch the disk. Modules use those below them, which `tests/architecture.rs` checks;
//! `docs/architecture.md` says where to add what.

pub mod bundle;
pub mod catalogue;
pub mod cli;
pub mod compile;
pub mod compose;
pub mod diag;
pub mod diff;
pub mod document;
pub mod emit;
pub mod git;
pub mod graph;
pub mod k8s;
pub mod layout;
pub mod lower;
pub mod mesh;
pub mod model;
pub mod patch;
pub mod provenance;
pub mod resolve;
pub mod rule;
pub mod secret;
pub mod stack;
pub mod stateful;
pub mod sync;
pub mod syntax;
pub mod upgrade;
pub mod workload;
