//! stackgen compiles one typed description of a whole stack into Kustomize-ready Kubernetes YAML.

pub mod bundle;
pub mod catalogue;
pub mod cli;
pub mod compile;
pub mod diag;
pub mod document;
pub mod emit;
pub mod k8s;
pub mod layout;
pub mod lower;
pub mod mesh;
pub mod model;
pub mod provenance;
pub mod resolve;
pub mod rule;
pub mod secret;
pub mod stack;
pub mod stateful;
pub mod sync;
pub mod syntax;
pub mod workload;
