//! `GitRepository`: what Flux reads.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::LocalRef;
use crate::k8s::crd::resource;

/// What Flux reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GitRepository {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The repository.
    pub spec: GitRepositorySpec,
}

resource!(GitRepository, super::SOURCE, |_| "v1");

/// The repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GitRepositorySpec {
    /// How often it is read.
    pub interval: String,
    /// What of it.
    #[serde(rename = "ref")]
    pub reference: GitRef,
    /// Its credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalRef>,
    /// Its URL.
    pub url: String,
}

/// What of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GitRef {
    /// The branch.
    pub branch: String,
}
