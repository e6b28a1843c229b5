//! `Application`: a folder of a repository, and the cluster that becomes what it says.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::GROUP;
use crate::k8s::crd::resource;

/// A folder of a repository, and the cluster that becomes what it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Application {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// From where to where.
    pub spec: ApplicationSpec,
}

resource!(Application, GROUP, |_| "v1alpha1");

/// From where to where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSpec {
    /// The cluster.
    pub destination: Destination,
    /// What others than Argo CD change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_differences: Vec<IgnoredDifference>,
    /// The `AppProject`.
    pub project: String,
    /// The folder.
    pub source: Source,
    /// When it acts, and how.
    pub sync_policy: SyncPolicy,
}

/// Fields of an object that others than Argo CD change: what they say is no difference
/// (argo-cd.readthedocs.io/en/stable/user-guide/diffing).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IgnoredDifference {
    /// The group of its kind; that of the core is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The fields, as expressions of `jq`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jq_path_expressions: Vec<String>,
    /// The fields, as JSON pointers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub json_pointers: Vec<String>,
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Its API server.
    pub server: String,
}

/// A folder of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The folder.
    pub path: String,
    /// The repository.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The branch, tag or commit.
    pub target_revision: String,
}

/// When Argo CD acts, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncPolicy {
    /// Without being asked.
    pub automated: Automated,
    /// What happens after a failure.
    pub retry: Retry,
    /// Further options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sync_options: Vec<String>,
}

/// What Argo CD does without being asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Automated {
    /// Deletes what is no longer in the folder.
    pub prune: bool,
    /// Takes back what somebody changes in the cluster.
    pub self_heal: bool,
}

/// What happens after a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Retry {
    /// The time between two attempts.
    pub backoff: Backoff,
    /// How often.
    pub limit: u32,
}

/// The time between two attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// The first.
    pub duration: &'static str,
    /// How much longer each is than the one before.
    pub factor: u32,
    /// The longest.
    pub max_duration: &'static str,
}

impl Default for Retry {
    fn default() -> Self {
        Self { backoff: Backoff { duration: "5s", factor: 2, max_duration: "3m" }, limit: 5 }
    }
}
