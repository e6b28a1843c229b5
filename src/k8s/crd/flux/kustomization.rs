//! `Kustomization`: a folder of what Flux reads, and the cluster that becomes what it says.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::LocalRef;
use crate::k8s::crd::resource;

/// A folder of what Flux reads, and the cluster that becomes what it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kustomization {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The folder, and how it is applied.
    pub spec: KustomizationSpec,
}

resource!(Kustomization, "kustomize.toolkit.fluxcd.io", |_| "v1");

/// The folder, and how it is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSpec {
    /// What must be healthy before it is applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<LocalRef>,
    /// How custom resources say that they are healthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<HealthCheck>,
    /// How often it is applied.
    pub interval: String,
    /// The folder.
    pub path: String,
    /// Deletes what is no longer in the folder.
    pub prune: bool,
    /// What Flux reads.
    pub source_ref: SourceRef,
    /// How long everything may take to become healthy.
    pub timeout: String,
    /// Whether it is done only when everything is healthy.
    pub wait: bool,
}

/// How a kind says that it is healthy, in CEL (fluxcd.io/flux/components/kustomize/kustomizations/#health-check-expressions;
/// since Flux 2.5). What refers to a field that is not there yet counts as in progress.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    /// Its API.
    pub api_version: String,
    /// When it is as it should be.
    pub current: &'static str,
    /// When it will not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<&'static str>,
    /// The kind.
    pub kind: String,
}

/// What Flux reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceRef {
    /// `GitRepository`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}
