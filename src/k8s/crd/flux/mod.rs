//! Flux's kinds. Fields: fluxcd.io/flux/components/source/api/v1 and kustomize/api/v1.

pub mod git_repository;
pub mod kustomization;

use serde::Serialize;

/// An object of the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LocalRef {
    /// Its name.
    pub name: String,
}
