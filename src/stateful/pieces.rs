//! What engines build their pods from. Everything here follows the restricted Pod Security Standard.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::fields::{SecretKey, Storage};
use super::release::User;
use crate::diag::Route;
use crate::model::{Adopt, Name, Protocol, Resources, StaticVolume};
use crate::workload::{Budget, ClaimTemplate, Endpoint, Reserved, ServiceKind, ServicePort, ServiceSpec};

/// The volume and claim that holds a pod's data.
pub const DATA: &str = "data";

/// A variable with a text.
#[must_use]
pub fn env(name: &str, value: impl Into<String>) -> core::EnvVar {
    core::EnvVar { name: name.to_owned(), value: Some(value.into()), ..Default::default() }
}

/// A variable with a field of the pod: `metadata.name`, `status.podIP`.
#[must_use]
pub fn field_env(name: &str, path: &str) -> core::EnvVar {
    let field = core::ObjectFieldSelector { field_path: path.to_owned(), ..Default::default() };
    let from = core::EnvVarSource { field_ref: Some(field), ..Default::default() };
    core::EnvVar { name: name.to_owned(), value_from: Some(from), ..Default::default() }
}

/// A variable with a key of a secret.
#[must_use]
pub fn secret_env(name: &str, secret: &SecretKey) -> core::EnvVar {
    let key = core::SecretKeySelector {
        name: secret.secret.to_string(),
        key: secret.key.to_string(),
        optional: None,
    };
    let from = core::EnvVarSource { secret_key_ref: Some(key), ..Default::default() };
    core::EnvVar { name: name.to_owned(), value_from: Some(from), ..Default::default() }
}

/// A container's port.
#[must_use]
pub fn port(name: &str, number: u16) -> core::ContainerPort {
    core::ContainerPort {
        container_port: i32::from(number),
        name: Some(name.to_owned()),
        protocol: Some("TCP".to_owned()),
        ..Default::default()
    }
}

/// A port that others may use.
///
/// # Panics
/// When the name is no DNS label; engines give literals.
#[must_use]
pub fn endpoint(name: &str, number: u16) -> Endpoint {
    Endpoint {
        name: Name::parse(name).expect("a literal DNS label"),
        number,
        service: number,
        protocol: Protocol::Tcp,
        app_protocol: None,
    }
}

/// A Service with ports that are called in the pod as outside.
#[must_use]
pub fn service(name: String, kind: ServiceKind, ports: &[(&str, u16)]) -> ServiceSpec {
    let port = |(name, number): &(&str, u16)| ServicePort {
        name: (*name).to_owned(),
        port: *number,
        target: (*name).to_owned(),
        protocol: Protocol::Tcp,
        app_protocol: None,
    };
    ServiceSpec {
        name,
        kind,
        ports: ports.iter().map(port).collect(),
        active: false,
        selector: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}

/// The name of the headless Service of a StatefulSet.
#[must_use]
pub fn headless(name: &str) -> String {
    format!("{name}-headless")
}

/// The same, where one of another name is in the cluster already.
#[must_use]
pub fn headless_of(name: &str, adopted: Option<&Adopt>) -> String {
    adopted.and_then(|it| it.headless.as_ref()).map_or_else(|| headless(name), ToString::to_string)
}

/// A probe that runs a command. Seconds between two runs, and how many may fail.
#[must_use]
pub fn exec_probe(command: &[&str], period: i32, failures: i32) -> core::Probe {
    let command = command.iter().map(|it| (*it).to_owned()).collect();
    core::Probe {
        exec: Some(core::ExecAction { command: Some(command) }),
        timeout_seconds: Some(5),
        ..timed(period, failures)
    }
}

/// A probe that connects to a port, by name.
#[must_use]
pub fn tcp_probe(port: &str, period: i32, failures: i32) -> core::Probe {
    let port = IntOrString::String(port.to_owned());
    core::Probe { tcp_socket: Some(core::TCPSocketAction { port, host: None }), ..timed(period, failures) }
}

/// A probe that asks a path, on a port by name.
#[must_use]
pub fn http_probe(path: &str, port: &str, period: i32, failures: i32) -> core::Probe {
    core::Probe {
        http_get: Some(core::HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String(port.to_owned()),
            ..Default::default()
        }),
        timeout_seconds: Some(5),
        ..timed(period, failures)
    }
}

fn timed(period: i32, failures: i32) -> core::Probe {
    core::Probe { period_seconds: Some(period), failure_threshold: Some(failures), ..Default::default() }
}

/// A command before the container is told to stop.
#[must_use]
pub fn pre_stop(command: &[&str]) -> core::Lifecycle {
    let command = command.iter().map(|it| (*it).to_owned()).collect();
    let handler = core::LifecycleHandler {
        exec: Some(core::ExecAction { command: Some(command) }),
        ..Default::default()
    };
    core::Lifecycle { pre_stop: Some(handler), ..Default::default() }
}

/// Bytes that a container may use, from its memory limit; none without one.
#[must_use]
pub fn memory_limit(resources: Option<&Resources>) -> Option<u64> {
    let limit = resources?.limits.get("memory")?;
    u64::try_from(limit.whole()).ok()
}

/// Whole CPUs that a container may use, from its limit, one at least; none without one.
#[must_use]
pub fn cpu_limit(resources: Option<&Resources>) -> Option<u64> {
    let limit = resources?.limits.get("cpu")?;
    u64::try_from(limit.whole()).ok().map(|it| it.max(1))
}

/// Resources of a container that only tells a server what to do.
#[must_use]
pub fn small() -> core::ResourceRequirements {
    amounts("50m", "64Mi", "128Mi")
}

/// Resources of a container: what it asks of CPU and memory, and the memory that it may use.
#[must_use]
pub fn amounts(cpu: &str, memory: &str, limit: &str) -> core::ResourceRequirements {
    let amounts = |pairs: &[(&str, &str)]| {
        Some(pairs.iter().map(|(key, it)| ((*key).to_owned(), Quantity((*it).to_owned()))).collect())
    };
    core::ResourceRequirements {
        requests: amounts(&[("cpu", cpu), ("memory", memory)]),
        limits: amounts(&[("memory", limit)]),
        ..Default::default()
    }
}

/// Security of a container that runs as a user and writes nothing but its volumes.
#[must_use]
pub fn security(user: User) -> core::SecurityContext {
    core::SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(core::Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Default::default() }),
        read_only_root_filesystem: Some(true),
        run_as_non_root: Some(true),
        run_as_user: Some(user.uid),
        run_as_group: Some(user.gid),
        ..Default::default()
    }
}

/// Security of a pod whose volumes belong to a group.
#[must_use]
pub fn pod_security(user: User) -> core::PodSecurityContext {
    core::PodSecurityContext {
        fs_group: Some(user.gid),
        // A walk over all files at each start would take minutes on a large volume.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(core::SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A volume in the container.
#[must_use]
pub fn mount(volume: &str, path: &str) -> core::VolumeMount {
    core::VolumeMount { name: volume.to_owned(), mount_path: path.to_owned(), ..Default::default() }
}

/// A volume in the container that it only reads.
#[must_use]
pub fn read_only(volume: &str, path: &str) -> core::VolumeMount {
    core::VolumeMount { read_only: Some(true), ..mount(volume, path) }
}

/// A folder that is empty at the pod's start, on the node's disk.
#[must_use]
pub fn scratch(volume: &str, mebibytes: u64) -> core::Volume {
    empty_dir(volume, None, mebibytes)
}

/// A folder that is empty at the pod's start, in memory: it counts to the container's memory limit.
#[must_use]
pub fn in_memory(volume: &str, mebibytes: u64) -> core::Volume {
    empty_dir(volume, Some("Memory"), mebibytes)
}

fn empty_dir(volume: &str, medium: Option<&str>, mebibytes: u64) -> core::Volume {
    let source = core::EmptyDirVolumeSource {
        medium: medium.map(str::to_owned),
        size_limit: Some(Quantity(format!("{mebibytes}Mi"))),
        ..Default::default()
    };
    core::Volume { name: volume.to_owned(), empty_dir: Some(source), ..Default::default() }
}

/// The files of a ConfigMap: all, or those of the given keys. `mode` in Kubernetes' octal sense, 0644 unless given.
#[must_use]
pub fn config(volume: &str, config_map: &str, keys: &[&str], mode: Option<i32>) -> core::Volume {
    let items = keys.iter().map(|it| key_to_path(it, it)).collect::<Vec<_>>();
    let source = core::ConfigMapVolumeSource {
        name: config_map.to_owned(),
        items: (!items.is_empty()).then_some(items),
        default_mode: mode,
        ..Default::default()
    };
    core::Volume { name: volume.to_owned(), config_map: Some(source), ..Default::default() }
}

/// Keys of secrets as files that the pod's group may read: key and file name. A secret in a file is in no environment
/// variable, so in no crash report or `kubectl describe`.
#[must_use]
pub fn secrets(volume: &str, keys: &[(&SecretKey, &str)]) -> core::Volume {
    let source = |(secret, file): &(&SecretKey, &str)| core::VolumeProjection {
        secret: Some(core::SecretProjection {
            name: secret.secret.to_string(),
            items: Some(vec![key_to_path(secret.key.as_str(), file)]),
            optional: None,
        }),
        ..Default::default()
    };
    let projected = core::ProjectedVolumeSource {
        // The group is the pod's fsGroup.
        default_mode: Some(0o440),
        sources: Some(keys.iter().map(source).collect()),
        ..Default::default()
    };
    core::Volume { name: volume.to_owned(), projected: Some(projected), ..Default::default() }
}

/// A key as a file.
#[must_use]
pub fn key_to_path(key: &str, path: &str) -> core::KeyToPath {
    core::KeyToPath { key: key.to_owned(), path: path.to_owned(), ..Default::default() }
}

/// The claim of each pod, for the tier's own storage.
#[must_use]
pub fn claim(storage: &Storage) -> ClaimTemplate {
    claim_below(storage, &[])
}

/// The claim of each pod, for storage that the stack describes under some keys of the tier.
#[must_use]
pub fn claim_below(storage: &Storage, below: &[&str]) -> ClaimTemplate {
    let reserved =
        |volume: &StaticVolume| Reserved { volume: volume.clone(), at: Route::of(below).join("volume") };
    ClaimTemplate {
        name: DATA.to_owned(),
        size: storage.size.clone(),
        class: storage.class.as_ref().map(ToString::to_string),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        volume: storage.volume.as_ref().map(reserved),
    }
}

/// What a drain may take of pods that vote: a majority stays.
#[must_use]
pub fn quorum_budget(voters: u32) -> Budget {
    if voters > 2 { Budget::Majority(voters) } else { Budget::None }
}

/// What a drain may take of pods that hold copies of each other's data: one.
#[must_use]
pub fn replica_budget(replicas: u32) -> Budget {
    if replicas > 1 { Budget::MaxUnavailable(1) } else { Budget::None }
}

/// What may follow in an object's name for something that an engine names: its own name where it may, else what is left of
/// it and a suffix that tells it from others.
#[must_use]
pub fn object_name(own: &str) -> String {
    let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if own.chars().all(label) && !own.ends_with('-') {
        return own.to_owned();
    }
    let kept: String = own.to_ascii_lowercase().chars().map(|c| if label(c) { c } else { '-' }).collect();
    format!("{}-{}", kept.trim_matches('-'), crate::k8s::content_suffix(&own))
}
