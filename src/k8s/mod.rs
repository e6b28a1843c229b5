//! Kubernetes objects as typed Rust: what the compiler writes, and how Kustomize will name it.
//!
//! Built-in kinds are those of `k8s_openapi`; custom resources are hand-cut in [`crd`]. Both meet in the closed
//! enum [`Object`].

pub mod crd;
pub mod delivery;
pub mod hash;
pub mod kinds;
pub mod kustomization;
pub mod labels;
pub mod merge_keys;
pub mod nodes;
mod object;
mod object_id;
pub mod pod_security;
pub mod reach;
pub mod resources;
pub mod scale;
pub mod schema;
pub mod usage;

pub use hash::content_suffix;
pub use object::{Object, pods_at};
pub use object_id::ObjectId;
