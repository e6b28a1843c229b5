//! The kinds of OpsTree's Redis operator (`redis.redis.opstreelabs.in/v1beta2`). Fields:
//! <https://github.com/OT-CONTAINER-KIT/redis-operator/tree/main/api>.

use k8s_openapi::api::core::v1 as core;
use serde::Serialize;

pub mod sentinel;
pub mod server;

/// The API group.
pub const GROUP: &str = "redis.redis.opstreelabs.in";
const VERSION: &str = "v1beta2";

/// What its Go code calls the configuration of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesConfig {
    /// The image.
    pub image: String,
    /// The password of clients.
    pub redis_secret: SecretReference,
    /// What each container asks for and may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<core::ResourceRequirements>,
}

/// A key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretReference {
    /// The key.
    pub key: String,
    /// The Secret.
    pub name: String,
}
