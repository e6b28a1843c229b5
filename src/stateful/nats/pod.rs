//! The pods of a tier: what `docs/engines/nats.md` says of them.

use k8s_openapi::api::core::v1::{Container, EnvVar};

use super::{BOX, CLIENT, CLIENT_PORT, CLUSTER, CLUSTER_PORT, MONITOR, MONITOR_PORT, NatsTier};
use crate::stateful::pieces::{self, env, field_env, http_probe, mount, read_only, secret_env};
use crate::stateful::release::User;
use crate::workload::{Pod, resources};

/// The user of the Job, whose image names one of its own that owns nothing that the Job needs.
const SETUP_USER: User = User { uid: 1000, gid: 1000 };

/// A server; `config` is the name of the `ConfigMap` with its configuration.
pub(super) fn server(tier: &NatsTier, name: &str, config: &str) -> Pod {
    let fields = &tier.fields;
    let user = fields.version.user();
    let mut ports = vec![pieces::port(CLIENT, CLIENT_PORT), pieces::port(MONITOR, MONITOR_PORT)];
    if tier.clustered() {
        ports.push(pieces::port(CLUSTER, CLUSTER_PORT));
    }
    let container = Container {
        name: name.to_owned(),
        image: Some(fields.version.image(fields.image.as_ref())),
        command: Some(["nats-server", "--config", "/etc/nats/nats.conf"].map(str::to_owned).to_vec()),
        env: Some(variables(tier)),
        ports: Some(ports),
        // The server then answers SIGTERM only after its clients have been sent away.
        lifecycle: Some(pieces::pre_stop(&["nats-server", "-sl=ldm=/var/run/nats/nats.pid"])),
        // Streams and the cluster's metadata are current once, before the pod counts as ready: the next server of a
        // rollout is not stopped while this one still catches up. An hour, because a large store is read slowly.
        startup_probe: Some(http_probe("/healthz", MONITOR, 10, 360)),
        // Later, a single stream that lags takes no client away.
        readiness_probe: Some(http_probe("/healthz?js-server-only=true", MONITOR, 10, 3)),
        liveness_probe: Some(http_probe("/healthz?js-enabled-only=true", MONITOR, 30, 3)),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            mount(pieces::DATA, fields.version.line().mount),
            read_only("config", "/etc/nats"),
            mount("run", "/var/run/nats"),
        ]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: fields.grace,
        volumes: vec![pieces::config("config", config, &[], None), pieces::scratch("run", 16)],
        containers: vec![container],
        ..Pod::default()
    }
}

/// What `nats.conf` takes from the environment. The server reads a variable as it reads its configuration, so that `12e4`
/// would be a number: the quotes make any value without `'` a text.
fn variables(tier: &NatsTier) -> Vec<EnvVar> {
    let mut found = vec![field_env("POD_NAME", "metadata.name"), env("SERVER_NAME", "'$(POD_NAME)'")];
    if let Some(password) = &tier.fields.password {
        found.push(secret_env("NATS_PASSWORD", password));
        found.push(env("NATS_PASSWORD_QUOTED", "'$(NATS_PASSWORD)'"));
    }
    if let Some(limit) = pieces::memory_limit(tier.common.resources.as_deref()) {
        // Go then collects before the kernel kills.
        found.push(env("GOMEMLIMIT", (limit / 5 * 4).to_string()));
    }
    found
}

/// The Job that makes the streams; `files` is the name of the `ConfigMap` with what it makes.
pub(super) fn setup(tier: &NatsTier, name: &str, files: &str) -> Pod {
    let fields = &tier.fields;
    let image = fields.setup_image.as_ref().map_or_else(|| BOX.to_owned(), ToString::to_string);
    let mut variables = vec![env("HOME", "/tmp"), env("NATS_URL", format!("nats://{name}:{CLIENT_PORT}"))];
    if let Some(password) = &fields.password {
        variables.push(env("NATS_USER", tier.user()));
        variables.push(secret_env("NATS_PASSWORD", password));
    }
    let container = Container {
        name: "setup".to_owned(),
        image: Some(image),
        command: Some(["sh", "/etc/nats-setup/setup.sh"].map(str::to_owned).to_vec()),
        env: Some(variables),
        resources: Some(pieces::small()),
        security_context: Some(pieces::security(SETUP_USER)),
        volume_mounts: Some(vec![read_only("setup", "/etc/nats-setup"), mount("tmp", "/tmp")]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(SETUP_USER),
        grace: 30,
        volumes: vec![pieces::config("setup", files, &[], None), pieces::scratch("tmp", 16)],
        containers: vec![container],
        ..Pod::default()
    }
}
