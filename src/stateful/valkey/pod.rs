//! The pod of a server: what `docs/engines/valkey.md` says of it.

use k8s_openapi::api::core::v1::{Container, ResourceRequirements, Volume, VolumeMount};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::servers::{Brand, Servers};
use super::{DATA_PATH, PORT, SENTINEL_NAME, SENTINEL_PORT};
use crate::stateful::pieces::{self, exec_probe, field_env, mount, read_only};
use crate::workload::{Pod, resources};

/// The pod of a server; `config` is the name of the `ConfigMap` with its files.
pub(super) fn pod(servers: &Servers<'_>, name: &str, config: &str) -> Pod {
    let mut containers = vec![server(servers, name)];
    if servers.replicated() {
        containers.push(sentinel(servers));
    }
    Pod {
        security: pieces::pod_security(servers.user),
        grace: servers.fields.grace,
        volumes: volumes(servers, config),
        containers,
        ..Pod::default()
    }
}

fn server(servers: &Servers<'_>, name: &str) -> Container {
    let script = servers.brand.script();
    let ready = || exec_probe(&[&script, "ready"], 5, 3);
    // A replica is ready once it has copied its primary; later it stays ready while it has none, to be chosen.
    // Loading and copying take as long as the data is large.
    let started = if servers.replicated() { "started" } else { "ready" };
    let port = servers.ports().iter().find(|(_, number)| *number == PORT);
    Container {
        name: name.to_owned(),
        args: Some(vec!["serve".to_owned()]),
        ports: port.map(|(name, number)| vec![pieces::port(name, *number)]),
        startup_probe: Some(exec_probe(&[&script, started], 5, 720)),
        readiness_probe: Some(ready()),
        liveness_probe: Some(alive(servers.brand, PORT)),
        lifecycle: servers.replicated().then(|| pieces::pre_stop(&[&script, "hand-over"])),
        resources: servers.common.resources.as_deref().map(resources),
        ..base(servers)
    }
}

fn sentinel(servers: &Servers<'_>) -> Container {
    Container {
        name: SENTINEL_NAME.to_owned(),
        args: Some(vec![SENTINEL_NAME.to_owned()]),
        ports: Some(vec![pieces::port(SENTINEL_NAME, SENTINEL_PORT)]),
        startup_probe: Some(pieces::tcp_probe(SENTINEL_NAME, 5, 60)),
        readiness_probe: Some(pieces::tcp_probe(SENTINEL_NAME, 5, 3)),
        liveness_probe: Some(alive(servers.brand, SENTINEL_PORT)),
        resources: Some(servers.fields.sentinel_resources.as_ref().map_or_else(small, resources)),
        ..base(servers)
    }
}

/// Any answer will do: that it loads, that a script runs, or that a password is needed is no reason to be killed.
pub(super) fn alive(brand: Brand, port: u16) -> k8s_openapi::api::core::v1::Probe {
    exec_probe(&[&brand.cli(), "-h", "127.0.0.1", "-p", &port.to_string(), "ping"], 10, 6)
}

fn base(servers: &Servers<'_>) -> Container {
    Container {
        image: Some(servers.image.clone()),
        command: Some(vec![servers.brand.script()]),
        env: servers.replicated().then(|| vec![field_env("POD_NAME", "metadata.name")]),
        security_context: Some(pieces::security(servers.user)),
        volume_mounts: Some(mounts(servers)),
        ..Container::default()
    }
}

fn mounts(servers: &Servers<'_>) -> Vec<VolumeMount> {
    let etc = servers.brand.etc();
    vec![
        mount(pieces::DATA, DATA_PATH),
        read_only("config", &etc),
        read_only("secrets", &format!("{etc}/secrets")),
        mount("run", &servers.brand.run()),
        mount("tmp", "/tmp"),
    ]
}

fn volumes(servers: &Servers<'_>, config: &str) -> Vec<Volume> {
    let mut files = vec!["node.sh", "server.conf"];
    files.extend(servers.replicated().then_some("sentinel.conf"));
    let mut found = vec![
        pieces::config("config", config, &files, Some(0o555)),
        pieces::secrets("secrets", &[(&servers.fields.password, "password")]),
        // The configuration with the password in it.
        pieces::in_memory("run", 1),
        pieces::scratch("tmp", 16),
    ];
    if servers.storage().is_none() {
        // The image wants to be able to write where it starts.
        found.push(pieces::scratch(pieces::DATA, 16));
    }
    found
}

/// A Sentinel holds a few names; the rest is room for the commands that its start runs.
pub(super) fn small() -> ResourceRequirements {
    let amounts = |pairs: &[(&str, &str)]| {
        Some(pairs.iter().map(|(key, it)| ((*key).to_owned(), Quantity((*it).to_owned()))).collect())
    };
    ResourceRequirements {
        requests: amounts(&[("cpu", "20m"), ("memory", "32Mi")]),
        limits: amounts(&[("memory", "64Mi")]),
        ..ResourceRequirements::default()
    }
}
