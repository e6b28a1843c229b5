//! What runs: pods and what controls them, with every name bound. Services and stateful tiers both become
//! workloads, so that pods, Services, budgets and policies are lowered in one place.
//!
//! Leaves that mean exactly what Kubernetes means are Kubernetes' own types.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use crate::model::{Name, Protocol, Quantity, Rollout};

/// One controller with its pods.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The object's name.
    pub name: String,
    /// What controls the pods.
    pub controller: Controller,
    /// The pods.
    pub pod: Pod,
}

/// What controls pods.
#[derive(Clone, Debug)]
pub enum Controller {
    /// Interchangeable pods.
    Deployment {
        /// How many; none where an autoscaler decides.
        replicas: Option<u32>,
        /// How pods are replaced.
        rollout: Rollout,
    },
    /// Pods with names and storage of their own.
    StatefulSet {
        /// How many.
        replicas: u32,
        /// The headless Service of the pods' names.
        headless: String,
        /// Whether pods start side by side. Immutable: chosen at birth.
        parallel: bool,
        /// Storage of each pod.
        claims: Vec<ClaimTemplate>,
    },
}

/// Storage of each pod of a StatefulSet.
#[derive(Clone, Debug)]
pub struct ClaimTemplate {
    /// The claim's and volume's name.
    pub name: String,
    /// Its size.
    pub size: Quantity,
    /// Its StorageClass; the cluster's default where none.
    pub class: Option<String>,
}

/// A pod.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    /// Whether it gets a token for the Kubernetes API.
    pub automount_token: bool,
    /// Labels beside those of identity.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Security for all its containers.
    pub security: core::PodSecurityContext,
    /// Seconds from the request to stop until the kill.
    pub grace: u32,
    /// Volumes.
    pub volumes: Vec<core::Volume>,
    /// Containers that run before the others.
    pub init: Vec<core::Container>,
    /// Containers.
    pub containers: Vec<core::Container>,
}

/// A Service.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ServiceKind,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// Further labels that a pod must have, beside those of the workload.
    pub selector: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// What a Service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// One address for clients.
    ClusterIp,
    /// A DNS name a pod, ready or not, for peers.
    Headless,
    /// A load balancer of the provider.
    LoadBalancer {
        /// The address blocks that may connect.
        sources: Vec<String>,
    },
}

/// A port of a Service.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// Its name.
    pub name: String,
    /// Its number.
    pub port: u16,
    /// The container's port, by name.
    pub target: String,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The application protocol.
    pub app_protocol: Option<String>,
}

/// Text files that pods see through a ConfigMap.
#[derive(Clone, Debug)]
pub struct ConfigFiles {
    /// The ConfigMap's name, before Kustomize's hash.
    pub name: String,
    /// The files by key.
    pub files: BTreeMap<String, String>,
}

/// Where clients find a component.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// The ports that others may use.
    pub ports: Vec<Endpoint>,
    /// The scheme of its URL.
    pub scheme: Option<&'static str>,
    /// Ports on which its own pods talk to each other.
    pub peers: Vec<u16>,
}

/// A port that others may use.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its name.
    pub name: Name,
    /// The container's port.
    pub number: u16,
    /// The Service's port.
    pub service: u16,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The application protocol.
    pub app_protocol: Option<String>,
}

/// How a component may be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// So many pods may be away at once.
    MaxUnavailable(u32),
    /// A drain must not be blocked: there is one pod only.
    None,
}
