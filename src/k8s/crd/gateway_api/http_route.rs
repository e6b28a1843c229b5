//! `HTTPRoute`: which requests of a gateway go to which Service.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{BackendRef, GROUP, ParentRef};
use crate::k8s::crd::resource;

/// Which requests of a gateway go to which Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HTTPRoute {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Hosts and rules.
    pub spec: HttpRouteSpec,
}

resource!(HTTPRoute, GROUP, |_| "v1");

/// Hosts and rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteSpec {
    /// The hosts.
    pub hostnames: Vec<String>,
    /// The gateway.
    pub parent_refs: Vec<ParentRef>,
    /// The rules; the most specific match wins.
    pub rules: Vec<HttpRule>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRule {
    /// Who gets the requests.
    pub backend_refs: Vec<BackendRef>,
    /// What happens to them first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<HttpFilter>,
    /// Which requests.
    pub matches: Vec<HttpMatch>,
    /// How long they may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

/// Which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HttpMatch {
    /// By path.
    pub path: PathMatch,
}

/// A path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PathMatch {
    /// `Exact` or `PathPrefix`, which goes by whole elements.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The path.
    pub value: String,
}

/// What happens to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpFilter {
    /// `URLRewrite`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is rewritten.
    pub url_rewrite: UrlRewrite,
}

/// What is rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UrlRewrite {
    /// The path.
    pub path: PathRewrite,
}

/// How a path is rewritten: one of the two, as the type says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PathRewrite {
    /// What stands for the whole path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace_full_path: Option<String>,
    /// What stands for the matched prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace_prefix_match: Option<String>,
    /// `ReplaceFullPath` or `ReplacePrefixMatch`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// How long a request may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeouts {
    /// In all (`30s`).
    pub request: String,
}
