//! stackgen compiles one typed description of a whole stack into Kustomize-ready Kubernetes YAML.

pub mod bundle;
pub mod diag;
pub mod document;
pub mod emit;
pub mod k8s;
pub mod model;
pub mod sync;
pub mod syntax;
