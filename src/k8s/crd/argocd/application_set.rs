//! `ApplicationSet`: an Application for each of several clusters or pull requests.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::GROUP;
use super::application::ApplicationSpec;
use crate::k8s::crd::resource;

/// An Application for each of several clusters or pull requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApplicationSet {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The clusters and the Application.
    pub spec: ApplicationSetSpec,
}

resource!(ApplicationSet, GROUP, |_| "v1alpha1");

/// The clusters and the Application.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSetSpec {
    /// What the template is filled with.
    pub generators: Vec<Generator>,
    /// Go templates, instead of the older kind.
    pub go_template: bool,
    /// `missingkey=error`.
    pub go_template_options: Vec<&'static str>,
    /// What happens to the Applications.
    pub sync_policy: SetPolicy,
    /// The Application.
    pub template: Template,
}

/// What the template is filled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Generator {
    /// Written out.
    List(List),
    /// Each pull request that is open.
    PullRequest(Box<PullRequest>),
}

/// Each pull request that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRequest {
    /// Who is asked.
    #[serde(flatten)]
    pub provider: Provider,
    /// How often.
    pub requeue_after_seconds: u32,
}

/// Who is asked for pull requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// GitHub.
    Github(Repository),
    /// GitLab.
    Gitlab(Repository),
    /// Gitea.
    Gitea(Repository),
    /// Bitbucket Cloud.
    Bitbucket(Repository),
    /// A Bitbucket server.
    BitbucketServer(Repository),
}

/// A repository, in the fields that its provider has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// The API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// The Secret of a GitHub App.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_secret_name: Option<String>,
    /// Bitbucket's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer_token: Option<BearerToken>,
    /// Labels that a pull request must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// User, organisation or workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The state that a merge request must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request_state: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The token of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ref: Option<Token>,
}

/// Bitbucket's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BearerToken {
    /// Where it is.
    pub token_ref: Token,
}

/// A key of a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The key.
    pub key: String,
    /// The Secret.
    pub secret_name: String,
}

/// Written out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct List {
    /// The values of each Application.
    pub elements: Vec<BTreeMap<&'static str, String>>,
}

/// What happens to the Applications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetPolicy {
    /// Whether what runs stays when an Application goes: a cluster taken off the list must not lose its data.
    pub preserve_resources_on_deletion: bool,
}

/// The Application.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Template {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// From where to where.
    pub spec: ApplicationSpec,
}
