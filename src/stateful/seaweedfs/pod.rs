//! The pods.

use k8s_openapi::api::core::v1::{Container, EnvVar, Probe};

use super::flags::{self, DATA, Role};
use super::{SeaweedfsTier, config_name};
use crate::model::Resources;
use crate::stateful::TierContext;
use crate::stateful::pieces::{self, env, field_env, http_probe, mount, read_only, tcp_probe};
use crate::workload::{Pod, resources};

/// The pod of a role.
pub(super) fn pod(tier: &SeaweedfsTier, cx: &TierContext<'_>, role: Role) -> Pod {
    let fields = &tier.fields;
    let mut volumes = vec![pieces::scratch("tmp", 64)];
    let mut mounts = vec![mount(pieces::DATA, DATA), mount("tmp", "/tmp")];
    if role.serves_clients() {
        volumes.push(pieces::config("config", &config_name(cx.name), &["filer.toml"], None));
        volumes.push(pieces::secrets("secrets", &[(&fields.s3_config, "s3.json")]));
        mounts.push(read_only("config", "/etc/seaweedfs"));
        mounts.push(read_only("secrets", "/etc/seaweedfs/secrets"));
    }
    let limits = resources_of(tier, role);
    let ports = role.ports(fields.metrics);
    let container = Container {
        name: role.label().to_owned(),
        image: Some(fields.version.image(fields.image.as_ref())),
        command: Some(flags::command(tier, cx, role)),
        env: Some(variables(limits.as_ref(), role)),
        ports: Some(ports.iter().map(|(name, port)| pieces::port(name, *port)).collect()),
        // Loading the index of many volumes takes its time.
        startup_probe: Some(tcp_probe(role.main_port().0, 5, 120)),
        liveness_probe: Some(tcp_probe(role.main_port().0, 10, 6)),
        readiness_probe: Some(readiness(role)),
        resources: limits.as_ref().map(resources),
        security_context: Some(pieces::security(fields.version.user())),
        volume_mounts: Some(mounts),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(fields.version.user()),
        grace: fields.grace,
        volumes,
        containers: vec![container],
        ..Pod::default()
    }
}

/// What the role may use: its own, or what the tier says for volume servers.
fn resources_of(tier: &SeaweedfsTier, role: Role) -> Option<Resources> {
    let own = match role {
        Role::Server | Role::Volume => None,
        Role::Master => tier.master().resources,
        Role::Filer => tier.filer().resources,
    };
    own.or_else(|| tier.common.resources.as_deref().cloned())
}

fn variables(limits: Option<&Resources>, role: Role) -> Vec<EnvVar> {
    let mut found = Vec::new();
    if role != Role::Server {
        found.push(field_env("POD_NAME", "metadata.name"));
    }
    // Go collects garbage before it reaches this, instead of being killed at the limit.
    found.extend(
        pieces::memory_limit(limits).map(|it| env("GOMEMLIMIT", format!("{}MiB", (it >> 20) * 9 / 10))),
    );
    found
}

/// A master is ready when it knows a leader, which its peers help to elect by names that are there before. A volume
/// server is while it tells the masters that it lives. The S3 gateway starts when its filer answers.
fn readiness(role: Role) -> Probe {
    let path = match role {
        Role::Server | Role::Filer => "/status",
        Role::Master => "/cluster/healthz",
        Role::Volume => "/healthz",
    };
    http_probe(path, role.main_port().0, 5, 3)
}
