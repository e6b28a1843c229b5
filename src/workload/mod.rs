//! What runs: pods and what controls them, with every name bound. Services and stateful tiers both become
//! workloads, so that pods, Services, budgets and policies are lowered in one place.
//!
//! Leaves that mean exactly what Kubernetes means are Kubernetes' own types.

pub mod placement;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;

use crate::diag::Route;
use crate::k8s::crd::argo_rollouts::rollout::Strategy;
pub use crate::model::{Concurrency, Restart};
use crate::model::{CountOrPercent, FileKey, Name, Protocol, Quantity, Resources, StaticVolume};

/// One controller with its pods.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The object's name. That of a Job gets a suffix from its content, because a Job cannot change.
    pub name: String,
    /// Which part of the component it is: a label of its pods, and of what selects them. None only where the component
    /// can never have another part.
    pub part: Option<&'static str>,
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
        /// How pods are replaced; none: all go before the first new one comes.
        pace: Option<Pace>,
    },
    /// Interchangeable pods whose new versions Argo Rollouts brings.
    Rollout {
        /// How many; none where an autoscaler decides.
        replicas: Option<u32>,
        /// How new ones come.
        strategy: Box<Strategy>,
    },
    /// One pod on each node that may have it.
    DaemonSet {
        /// How pods are replaced.
        pace: Pace,
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
        /// How pods are replaced.
        update: Update,
    },
    /// A pod that does something once, safe to be repeated.
    Job(Run),
    /// Jobs on a schedule. Its name has at most 52 characters: those of its Jobs have a number behind it.
    CronJob {
        /// When.
        schedule: Schedule,
        /// How each Job runs.
        run: Run,
    },
}

/// How a Job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How often it is tried again after a failure.
    pub retries: u32,
    /// Seconds, all tries together, after which it has failed; none: it may take as long as it likes.
    pub deadline: Option<u32>,
    /// What tries again.
    pub restart: Restart,
}

impl Run {
    /// Tried again in the same pod, however long it takes: for what waits until another one answers.
    #[must_use]
    pub const fn until_done(retries: u32) -> Self {
        Self { retries, deadline: None, restart: Restart::OnFailure }
    }
}

/// When Jobs are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Five fields of cron, or a word such as `@daily`.
    pub cron: String,
    /// The time zone that it is read in, as the IANA calls it.
    pub time_zone: String,
    /// Whether a Job may run beside the one before.
    pub concurrency: Concurrency,
    /// Seconds that a Job may be late, and is left out after; none: as late as it gets.
    pub starting_deadline: Option<u32>,
    /// Whether none is started for now.
    pub suspend: bool,
    /// Jobs that are kept after they succeeded.
    pub succeeded: u32,
    /// Jobs that are kept after they failed.
    pub failed: u32,
}

impl From<&crate::model::Schedule> for Schedule {
    fn from(it: &crate::model::Schedule) -> Self {
        Self {
            cron: it.cron.to_string(),
            time_zone: it.time_zone.to_string(),
            concurrency: it.concurrency,
            starting_deadline: it.starting_deadline,
            suspend: it.suspend,
            succeeded: it.succeeded,
            failed: it.failed,
        }
    }
}

/// How far the number of pods may be off while they are replaced.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Pods above the wanted number.
    pub surge: CountOrPercent,
    /// Pods below it.
    pub unavailable: CountOrPercent,
}

crate::model::macros::words! {
    /// How the pods of a StatefulSet are replaced.
    pub enum Update {
        /// One by one, the highest ordinal first.
        "RollingUpdate" Rolling,
        /// Each when somebody deletes it: for engines where a person must act between two of them.
        "OnDelete" OnDelete,
    }
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
    /// Labels of the template, which never change: those of one that is in the cluster already.
    pub labels: BTreeMap<String, String>,
    /// Annotations of it, the same.
    pub annotations: BTreeMap<String, String>,
    /// The volumes that it is bound to, where they exist already.
    pub volume: Option<Reserved>,
}

/// Volumes that exist already, one a pod.
#[derive(Clone, Debug)]
pub struct Reserved {
    /// The volume of each pod.
    pub volume: StaticVolume,
    /// Where the stack says it, below the component.
    pub at: Route,
}

/// A pod.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    /// Whether it gets a token for the Kubernetes API.
    pub automount_token: bool,
    /// Labels beside those of identity.
    pub labels: BTreeMap<String, String>,
    /// Further labels of identity, where several controllers run the same part (shards): the controller, its budget and
    /// the spread go by them; Services only where their own selector says so.
    pub identity: BTreeMap<String, String>,
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

/// A controller and what belongs to its pods alone.
#[derive(Clone, Debug)]
pub struct Part {
    /// The controller with its pods.
    pub workload: Workload,
    /// Services of its pods.
    pub services: Vec<ServiceSpec>,
    /// How many of its pods a drain may take.
    pub budget: Budget,
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
    /// Whether it leads to the version of the component that is active, which may be another one than its own.
    pub active: bool,
    /// Further labels that a pod must have, beside those of the part.
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
    /// Who logs in, where its URL says it.
    pub login: Option<Login>,
    /// The pods that its URL names, for clients that find the right one by themselves; where none, it names the Service.
    pub seeds: Vec<Seed>,
    /// What its URL has after the port, with the leading `/`; may be empty.
    pub path: String,
    /// Ports on which its own pods talk to each other by TCP.
    pub peers: Vec<u16>,
    /// The same by UDP, which no mesh carries.
    pub peers_udp: Vec<u16>,
    /// Further Services for clients.
    pub alternatives: Vec<Alternative>,
    /// What else references may ask for: `database`, `user`.
    pub properties: Vec<(&'static str, String)>,
    /// The users that references may name: `users.NAME`.
    pub users: Vec<Name>,
    /// Whether clients must call it by its full name, from its own namespace too, because its certificate is for that.
    pub full_name: bool,
    /// Pods of other namespaces that call it without being part of the stack: operators.
    pub callers: Vec<Caller>,
}

/// Who logs in. The password is the environment variable [`Login::variable`] of the container whose variable holds the
/// URL, because only Kubernetes may put it there.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user; empty where the engine knows none.
    pub user: String,
    /// The secret with the password.
    pub secret: Name,
    /// Its key.
    pub key: FileKey,
}

/// A pod of a StatefulSet that clients may call by its own name.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The pod.
    pub pod: String,
    /// The headless Service that gives it a name; none where it has one of its own.
    pub headless: Option<String>,
}

/// A Service beside the component's own, with some of its ports.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// How references call it: `readOnly`.
    pub word: &'static str,
    /// What its name has after the component's: `-ro`.
    pub suffix: &'static str,
    /// Its ports, the first being that of `port` and `url`.
    pub ports: Vec<Endpoint>,
    /// The scheme of its URL.
    pub scheme: Option<&'static str>,
}

/// Pods of a namespace outside the stack.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The namespace's name in the cluster.
    pub namespace: String,
    /// Their labels; all pods of the namespace where none.
    pub pods: BTreeMap<String, String>,
    /// The container ports that they call.
    pub ports: Vec<u16>,
    /// Whether they are known to a mesh that the called pods are in.
    pub mesh: bool,
}

impl Caller {
    /// All pods of a namespace, by its name in the cluster, which a mesh knows.
    #[must_use]
    pub fn namespace(namespace: &str, ports: Vec<u16>) -> Self {
        Self { namespace: namespace.to_owned(), pods: BTreeMap::new(), ports, mesh: true }
    }
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

/// Requests and limits as Kubernetes has them.
#[must_use]
pub fn resources(resources: &Resources) -> core::ResourceRequirements {
    let amounts = |map: &indexmap::IndexMap<String, Quantity>| {
        (!map.is_empty()).then(|| map.iter().map(|(key, it)| (key.clone(), Amount(it.to_string()))).collect())
    };
    core::ResourceRequirements {
        requests: amounts(&resources.requests),
        limits: amounts(&resources.limits),
        ..Default::default()
    }
}

/// How a component may be disturbed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Budget {
    /// So many pods may be away at once.
    MaxUnavailable(u32),
    /// Of so many pods that vote, a majority stays: three or more.
    Majority(u32),
    /// A drain must not be blocked: there is one pod only.
    #[default]
    None,
}

impl Endpoints {
    /// The URL's environment variable for the password, for a component of this name: `POSTGRES_PASSWORD`.
    #[must_use]
    pub fn password_variable(component: &str) -> String {
        format!("{}_PASSWORD", component.to_ascii_uppercase().replace('-', "_"))
    }
}
