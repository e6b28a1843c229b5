//! The stack as a person writes it: typed, validated value by value, without positions.

pub mod codes;
pub mod decode;
pub(crate) mod macros;
pub mod scalar;
pub(crate) mod schema;

mod accept;
mod acknowledge;
mod adopt;
mod affinity;
mod alert;
mod binding;
mod build;
mod certificate;
mod client;
mod cluster;
mod component;
mod compose;
mod config;
mod container;
mod env_from;
mod environment;
mod expose;
mod external;
mod external_secrets;
mod file;
mod gateway;
mod gitops;
mod instance;
mod job;
mod mesh;
mod namespace;
mod network;
mod node_pool;
mod observability;
mod parameter;
mod patch;
mod peers;
mod permission;
mod pod;
mod port;
mod probe;
mod pull_request;
mod quota;
mod rollout;
mod scale;
mod schedule;
mod secret;
mod security;
mod service;
mod side_volume;
mod storage;
mod store;
mod uses;
mod value;
mod volume;

pub use accept::Accept;
pub use acknowledge::{Acknowledged, AcknowledgedImpact, ObjectName};
pub use adopt::{Adopt, AdoptedClaim, PodManagement};
pub use affinity::{Affinity, Domain};
pub use alert::{AlertName, AlertRule, AlertRules, Alerts, Severity, Threshold};
pub use binding::{Binding, WhenBound};
pub use build::Build;
pub use certificate::{Certificate, Issuer, IssuerKind};
pub use client::{AddressBlock, Client, ClientPods};
pub use cluster::Cluster;
pub use component::Common;
pub use compose::{Compose, HostPorts, Topology};
pub use config::Config;
pub use container::{Container, InitContainer, PodFields, Role, Side, SideFields, Sidecar};
pub use env_from::{EnvFrom, KeySource};
pub use environment::{Environment, Platform};
pub use expose::{Expose, GrpcExpose, HttpExpose, IngressExpose, LoadBalancer, PathRule};
pub use external::External;
pub use external_secrets::{
    Account, Aws, AwsService, Azure, Doppler, Existing, ExternalSecrets, Gcp, Prefix, Provider,
    RemoteNamespace, Token, VaultProvider,
};
pub use file::FileSource;
pub use gateway::{ExistingGateway, Gateway, Listener, ListenerProtocol, OwnGateway};
pub use gitops::{ArgoCd, Destination, Flux, Gitops, Helm, Sync};
pub use instance::Instance;
pub use job::{Job, JobFields, Moment, MomentWord};
pub use mesh::{
    Authorization, CertificateFile, Istio, IstioMode, Linkerd, Mesh, MeshCertificates, MutualTls,
};
pub use namespace::{
    Membership, Namespace, NamespaceMesh, PodSecurity, PodSecurityLevel, PodSecurityVersion,
};
pub use network::{Fqdn, Network, Policies};
pub use node_pool::{NodePool, Taint, TaintEffect};
pub use observability::{
    Collection, Collector, MetricsPort, Observability, Otlp, OtlpProtocol, OtlpTarget, Ratio, Sampler,
};
pub use parameter::{Declaration, ParameterEntry, ParameterType};
pub use patch::{Change, Free, ObjectTarget, Op, Operation, Patch};
pub use peers::Peers;
pub use permission::{Identity, Permission, Scope};
pub use pod::{Disruption, Resources, Stop};
pub use port::{Port, Protocol};
pub use probe::{Action, Probe, ProbeScheme, Probes};
pub use pull_request::{
    BitbucketRepo, BitbucketServerRepo, GiteaRepo, GithubRepo, GitlabProject, PullRequestSource,
    PullRequests, TokenRef,
};
pub use quota::{ContainerRange, LimitRange, QuotaName, Range};
pub use rollout::{
    BlueGreen, Canary, CanaryStep, Colour, ColourFields, Coloured, Pause, PauseWord, Promoted, Promotion,
    RollingUpdate, Rollout, RolloutWord, Stepped, Weighted, Weights,
};
pub use scalar::{
    AbsolutePath, CountOrPercent, Cron, Duration, EnvName, FileKey, GitUrl, HostAddress, HostName, HttpsUrl,
    Image, LabelKey, Mode, Name, Pin, PortNumber, Quantity, RelativePath, RepoPath, ServerAddress, Text,
    TimeZone, UserId, Version,
};
pub use scale::{
    Behavior, CronTrigger, ExternalMetric, Fallback, FallbackBehavior, Hpa, KafkaTrigger, Keda, Measured,
    MetricName, MetricObject, MetricTarget, NatsTrigger, ObjectMetric, OtherObject, PodsMetric,
    PostgresTrigger, PrometheusTrigger, RabbitMqProtocol, RabbitMqTrigger, RedisTrigger, Scale,
    ScalingPolicy, ScalingRules, SelectPolicy, Step, Target, Trigger,
};
pub use schedule::{Concurrency, Restart, Schedule, ScheduleOrCron};
pub use secret::{Dynamic, Keys, Secret, SecretKey};
pub use security::{Capabilities, OwnSecurity, Profile, SecurityContext};
pub use service::{Service, ServiceFields};
pub use side_volume::SideVolume;
pub use storage::{
    AccessMode, BindingMode, CsiVolume, NfsVolume, ReclaimPolicy, SharedClaim, StaticVolume, StorageClass,
    VolumeSource,
};
pub use store::{Store, VaultAgent, VaultAuthMethod, VaultOperator, VaultType};
pub use uses::Uses;
pub use value::Value;
pub use volume::{Claim, SharedMount, Volume};

/// A map of named things.
pub type Named<T> = indexmap::IndexMap<Name, T, crate::syntax::Hasher>;
