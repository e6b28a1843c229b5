use std::borrow::Cow;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    ConfigMap, LimitRange, Namespace, PersistentVolume, PersistentVolumeClaim, PodTemplateSpec,
    ResourceQuota, Service, ServiceAccount,
};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::ObjectId;
use super::crd::argo_rollouts::rollout::Rollout;
use super::crd::cert_manager::certificate::Certificate;
use super::crd::cilium::network_policy::CiliumNetworkPolicy;
use super::crd::cnpg::cluster::Cluster;
use super::crd::cnpg::database::Database;
use super::crd::cnpg::object_store::ObjectStore;
use super::crd::cnpg::pooler::Pooler;
use super::crd::cnpg::scheduled_backup::ScheduledBackup;
use super::crd::external_secrets::external_secret::ExternalSecret;
use super::crd::external_secrets::secret_store::SecretStore;
use super::crd::gateway_api::gateway::Gateway;
use super::crd::gateway_api::grpc_route::GRPCRoute;
use super::crd::gateway_api::http_route::HTTPRoute;
use super::crd::gateway_api::reference_grant::ReferenceGrant;
use super::crd::istio::authorization_policy::AuthorizationPolicy;
use super::crd::istio::destination_rule::DestinationRule;
use super::crd::istio::peer_authentication::PeerAuthentication;
use super::crd::istio::virtual_service::VirtualService;
use super::crd::keda::scaled_object::ScaledObject;
use super::crd::keda::trigger_authentication::TriggerAuthentication;
use super::crd::linkerd::authorization_policy::LinkerdAuthorizationPolicy;
use super::crd::linkerd::mesh_tls_authentication::MeshTLSAuthentication;
use super::crd::linkerd::network_authentication::NetworkAuthentication;
use super::crd::linkerd::server::Server;
use super::crd::nats::account::Account;
use super::crd::nats::consumer::Consumer;
use super::crd::nats::stream::Stream;
use super::crd::prometheus::pod_monitor::PodMonitor;
use super::crd::prometheus::prometheus_rule::PrometheusRule;
use super::crd::rabbitmq::cluster::RabbitmqCluster;
use super::crd::redis::sentinel::RedisSentinel;
use super::crd::redis::server::{Redis, RedisReplication};
use super::crd::strimzi::kafka::Kafka;
use super::crd::strimzi::node_pool::KafkaNodePool;
use super::crd::strimzi::topic::KafkaTopic;
use super::crd::strimzi::user::KafkaUser;
use super::crd::vault::vault_auth::VaultAuth;
use super::crd::vault::vault_connection::VaultConnection;
use super::crd::vault::vault_dynamic_secret::VaultDynamicSecret;
use super::crd::vault::vault_static_secret::VaultStaticSecret;

/// Declares the enum and what treats all kinds alike. Payloads are boxed: a Deployment is some two kilobytes on
/// its own, a Namespace a few hundred bytes.
macro_rules! objects {
    (built_in: $($built_in:ident)*; custom: $($custom:ident)*) => {
        /// Any object that we write: a closed set, so that each stage says what it does with every kind. There is
        /// no `Secret`, on purpose: secret values never pass through the compiler.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $(#[doc = concat!("Kubernetes' `", stringify!($built_in), "`.")] $built_in(Box<$built_in>),)*
            $(#[doc = concat!("See [`", stringify!($custom), "`].")] $custom(Box<$custom>),)*
            /// A manifest of the user's, or a custom resource that a patch changed, kept as it is: a mapping with the
            /// strings `apiVersion`, `kind` and `metadata.name`.
            Raw(Box<Value>),
        }

        $(impl From<$built_in> for Object {
            fn from(object: $built_in) -> Self {
                Self::$built_in(Box::new(object))
            }
        })*

        $(impl From<$custom> for Object {
            fn from(object: $custom) -> Self {
                Self::$custom(Box::new(object))
            }
        })*

        /// Straight from the typed object, `apiVersion` and `kind` first (a raw manifest as it stands).
        impl Serialize for Object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$built_in(object) => object.serialize(serializer),)*
                    $(Self::$custom(object) => object.serialize(serializer),)*
                    Self::Raw(value) => value.serialize(serializer),
                }
            }
        }

        impl Object {
            /// Group, version, kind, namespace and name.
            #[must_use]
            pub fn id(&self) -> ObjectId {
                match self {
                    $(Self::$built_in(object) => built_in_id(&**object),)*
                    $(Self::$custom(object) => custom_id(&**object),)*
                    Self::Raw(value) => raw_id(value),
                }
            }

            /// An object of a kind of Kubernetes' own that we write, from its manifest; none for other kinds and versions, and
            /// where the type cannot hold a value. What the type has no field for is lost.
            #[must_use]
            pub fn read(manifest: &Value) -> Option<Self> {
                match (text(manifest, "/apiVersion"), text(manifest, "/kind")) {
                    $((<$built_in as k8s_openapi::Resource>::API_VERSION, <$built_in as k8s_openapi::Resource>::KIND) => {
                        $built_in::deserialize(manifest).ok().map(Self::from)
                    })*
                    _ => None,
                }
            }

            /// The kind (`Deployment`); empty for a raw manifest that lacks it.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$built_in(_) => stringify!($built_in),)*
                    $(Self::$custom(_) => <$custom as super::crd::Resource>::KIND,)*
                    Self::Raw(value) => text(value, "/kind"),
                }
            }

            /// Name, namespace, labels and annotations; none for a raw manifest, whose metadata is untyped.
            #[must_use]
            pub fn metadata(&self) -> Option<&ObjectMeta> {
                match self {
                    $(Self::$built_in(object) => Some(&object.metadata),)*
                    $(Self::$custom(object) => Some(&object.metadata),)*
                    Self::Raw(_) => None,
                }
            }

            /// The same, to add to.
            pub fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
                match self {
                    $(Self::$built_in(object) => Some(&mut object.metadata),)*
                    $(Self::$custom(object) => Some(&mut object.metadata),)*
                    Self::Raw(_) => None,
                }
            }
        }
    };
}

objects! {
    built_in:
        ClusterRole ClusterRoleBinding ConfigMap CronJob DaemonSet Deployment HorizontalPodAutoscaler Ingress Job
        LimitRange Namespace NetworkPolicy PersistentVolume PersistentVolumeClaim PodDisruptionBudget PriorityClass
        ResourceQuota Role RoleBinding Service ServiceAccount StatefulSet StorageClass;
    custom:
        Account AuthorizationPolicy Certificate CiliumNetworkPolicy Cluster Consumer Database DestinationRule
        ExternalSecret GRPCRoute Gateway HTTPRoute Kafka KafkaNodePool KafkaTopic KafkaUser
        LinkerdAuthorizationPolicy MeshTLSAuthentication NetworkAuthentication ObjectStore PeerAuthentication
        PodMonitor Pooler PrometheusRule RabbitmqCluster Redis RedisReplication RedisSentinel ReferenceGrant Rollout ScaledObject
        ScheduledBackup SecretStore Server Stream TriggerAuthentication VaultAuth VaultConnection
        VaultDynamicSecret VaultStaticSecret VirtualService
}

impl From<Value> for Object {
    fn from(manifest: Value) -> Self {
        Self::Raw(Box::new(manifest))
    }
}

impl Object {
    /// As it is written.
    ///
    /// # Panics
    /// Never: objects have text keys and finite numbers only.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("objects have text keys and finite numbers only")
    }

    /// A label of its own, a raw manifest's as well.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        match (self, self.metadata()) {
            (_, Some(metadata)) => metadata.labels.as_ref()?.get(key).map(String::as_str),
            (Self::Raw(manifest), None) => manifest.get("metadata")?.get("labels")?.get(key)?.as_str(),
            _ => None,
        }
    }

    /// The pods that a workload makes; none for other kinds and for raw manifests.
    #[must_use]
    pub fn pod_template(&self) -> Option<&PodTemplateSpec> {
        match self {
            Self::CronJob(cron_job) => Some(&cron_job.spec.job_template.spec.as_ref()?.template),
            Self::DaemonSet(daemon_set) => Some(&daemon_set.spec.template),
            Self::Deployment(deployment) => Some(&deployment.spec.template),
            Self::Job(job) => Some(&job.spec.as_ref()?.template),
            Self::Rollout(rollout) => Some(&rollout.spec.template),
            Self::StatefulSet(stateful_set) => Some(&stateful_set.spec.template),
            _ => None,
        }
    }

    /// The pods that an object makes or is, a raw manifest of Kubernetes' own kinds as well. None for other kinds, and
    /// for what Kubernetes itself would not read.
    #[must_use]
    pub fn pods(&self) -> Option<Cow<'_, PodTemplateSpec>> {
        let Self::Raw(manifest) = self else { return self.pod_template().map(Cow::Borrowed) };
        let group = text(manifest, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
        let pods = manifest.pointer(pods_at(group, self.kind())?)?;
        PodTemplateSpec::deserialize(pods).ok().map(Cow::Owned)
    }

    /// The same, to add to.
    pub fn pod_template_mut(&mut self) -> Option<&mut PodTemplateSpec> {
        match self {
            Self::CronJob(cron_job) => Some(&mut cron_job.spec.job_template.spec.as_mut()?.template),
            Self::DaemonSet(daemon_set) => Some(&mut daemon_set.spec.template),
            Self::Deployment(deployment) => Some(&mut deployment.spec.template),
            Self::Job(job) => Some(&mut job.spec.as_mut()?.template),
            Self::Rollout(rollout) => Some(&mut rollout.spec.template),
            Self::StatefulSet(stateful_set) => Some(&mut stateful_set.spec.template),
            _ => None,
        }
    }

    /// The name, without `.yaml`, of a file that holds one object of this kind: the kind in lower case, or the
    /// short name that everybody uses (`hpa`, `pdb`). Letters, digits and `-` only, whatever a raw manifest says.
    #[must_use]
    pub fn file_stem(&self) -> String {
        match self.kind() {
            "HorizontalPodAutoscaler" => "hpa".into(),
            "PodDisruptionBudget" => "pdb".into(),
            "HTTPRoute" => "http-route".into(),
            "GRPCRoute" => "grpc-route".into(),
            kind => {
                let stem: String = kind.chars().filter(char::is_ascii_alphanumeric).collect();
                if stem.is_empty() { "manifest".into() } else { stem.to_ascii_lowercase() }
            }
        }
    }
}

fn built_in_id<T>(object: &T) -> ObjectId
where
    T: k8s_openapi::Metadata<Ty = ObjectMeta>,
{
    id(T::GROUP, T::VERSION, T::KIND, object.metadata())
}

fn custom_id<T: super::crd::Resource>(object: &T) -> ObjectId {
    id(T::GROUP, object.version(), T::KIND, object.metadata())
}

fn id(group: &'static str, version: &'static str, kind: &'static str, metadata: &ObjectMeta) -> ObjectId {
    ObjectId {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone().unwrap_or_default(),
    }
}

fn raw_id(manifest: &Value) -> ObjectId {
    let api_version = text(manifest, "/apiVersion");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    ObjectId {
        group: group.to_owned().into(),
        version: version.to_owned().into(),
        kind: text(manifest, "/kind").to_owned().into(),
        namespace: manifest.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned),
        name: text(manifest, "/metadata/name").into(),
    }
}

/// Where an object of a kind of a group has the pods that it makes, or is, as a pointer; the empty one is the object itself.
#[must_use]
pub fn pods_at(group: &str, kind: &str) -> Option<&'static str> {
    match (group, kind) {
        ("", "Pod") => Some(""),
        ("", "PodTemplate") => Some("/template"),
        ("", "ReplicationController")
        | ("apps", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
        | ("batch", "Job")
        | ("argoproj.io", "Rollout") => Some("/spec/template"),
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}

/// Empty where it is absent or no string: that a manifest is an object at all is checked where it is read.
fn text<'a>(manifest: &'a Value, pointer: &str) -> &'a str {
    manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
#[path = "object_tests.rs"]
mod tests;
