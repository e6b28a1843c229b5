//! Flux's kinds. Fields: fluxcd.io/flux/components/source/api/v1 and kustomize/api/v1.

pub mod git_repository;
pub mod kustomization;

use serde::Serialize;

/// The API group of where trees come from.
pub const SOURCE: &str = "source.toolkit.fluxcd.io";

/// An object of the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LocalRef {
    /// Its name.
    pub name: String,
}
