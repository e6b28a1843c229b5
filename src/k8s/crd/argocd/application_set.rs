//! `ApplicationSet`: an Application for each of several clusters.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::GROUP;
use super::application::ApplicationSpec;
use crate::k8s::crd::resource;

/// An Application for each of several clusters.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Generator {
    /// Written out.
    pub list: List,
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
