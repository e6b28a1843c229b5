//! `ReferenceGrant`: lets routes of another namespace send requests to a Service.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::GROUP;
use crate::k8s::crd::resource;

/// Lets routes of another namespace send requests to a Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferenceGrant {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// From where to what.
    pub spec: ReferenceGrantSpec,
}

// Still `v1beta1` in the standard channel of most installed releases.
resource!(ReferenceGrant, GROUP, |_| "v1beta1");

/// From where to what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReferenceGrantSpec {
    /// Who refers.
    pub from: Vec<GrantFrom>,
    /// To what.
    pub to: Vec<GrantTo>,
}

/// Who refers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GrantFrom {
    /// The group of the route's kind.
    pub group: String,
    /// The route's kind.
    pub kind: &'static str,
    /// The route's namespace.
    pub namespace: String,
}

impl GrantFrom {
    /// Routes of a kind in a namespace.
    #[must_use]
    pub fn routes(kind: &'static str, namespace: String) -> Self {
        Self { group: GROUP.to_owned(), kind, namespace }
    }
}

/// To what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GrantTo {
    /// The core group is empty.
    pub group: &'static str,
    /// The kind: `Service`.
    pub kind: &'static str,
    /// The name.
    pub name: String,
}
