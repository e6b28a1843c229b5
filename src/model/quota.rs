//! What a namespace may use: quotas, and the range of what one container, pod or claim may ask for.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::Key;
use super::macros::model;
use super::pod::Amounts;
use super::{Quantity, schema};

/// Amounts by what a quota counts.
pub(crate) type Quota = IndexMap<QuotaName, Quantity>;

model! {
    /// What a container may ask for, and what it gets that says nothing.
    pub struct ContainerRange {
        /// The limits of a container that has none.
        "default" default: Amounts,
        /// The requests of a container that has none.
        "defaultRequest" default_request: Amounts,
        /// The least that it may ask for.
        "min" min: Amounts,
        /// The most that it may use.
        "max" max: Amounts,
        /// How many times its request a limit may be.
        "maxLimitRequestRatio" ratio: Amounts,
    }

    /// What a pod in all, or a claim, may ask for.
    pub struct Range {
        /// The least.
        "min" min: Amounts,
        /// The most.
        "max" max: Amounts,
    }

    /// A `LimitRange`: pods and claims outside it are refused.
    pub struct LimitRange {
        /// Each container.
        "container" container: Option<ContainerRange>,
        /// Each pod: the sum of its containers.
        "pod" pod: Option<Range>,
        /// Each claim, of `storage`.
        "persistentVolumeClaim" claim: Option<Range>,
    }
}

/// What a quota counts: `requests.cpu`, `limits.memory`, `pods`, `count/deployments.apps`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QuotaName(String);

/// What a quota counts that has no prefix, and what may follow `requests.` and `limits.`
/// (kubernetes.io/docs/concepts/policy/resource-quotas).
const COUNTED: [&str; 13] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "pods",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
    "storage",
];
const AMOUNTS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

impl QuotaName {
    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The resource that requests are counted of, if they are.
    #[must_use]
    pub fn requests(&self) -> Option<&str> {
        let bare = AMOUNTS.contains(&self.as_str()).then_some(self.as_str());
        bare.or_else(|| self.0.strip_prefix("requests.")).filter(|it| *it != "storage")
    }

    /// The resource that limits are counted of, if they are.
    #[must_use]
    pub fn limits(&self) -> Option<&str> {
        self.0.strip_prefix("limits.")
    }
}

impl Key for QuotaName {
    fn key(text: &str) -> Result<Self, String> {
        let of = |prefix: &str| text.strip_prefix(prefix);
        let good = match (of("requests."), of("limits."), of("count/")) {
            (Some(rest), ..) => AMOUNTS.contains(&rest) || rest == "storage" || rest.contains('/'),
            (_, Some(rest), _) => AMOUNTS.contains(&rest),
            (.., Some(rest)) => !rest.is_empty(),
            (None, None, None) => {
                text != "storage" && COUNTED.contains(&text) || text.contains(".storageclass.storage.k8s.io/")
            }
        };
        if good {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "a quota does not count `{text}`: `requests.` and `limits.` of `cpu`, `memory` and `ephemeral-storage`, `requests.storage`, `pods`, `services`, `persistentvolumeclaims`, `count/RESOURCE.GROUP` and the like"
        ))
    }
}

impl JsonSchema for QuotaName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QuotaName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema::pattern("", r"^[a-z][a-z0-9.\-/]*$")
    }
}
