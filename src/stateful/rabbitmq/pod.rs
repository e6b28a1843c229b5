//! The pod of a node: what `docs/engines/rabbitmq.md` says of it.

use k8s_openapi::api::core::v1::{Container, EnvVar, Probe, Volume, VolumeMount};

use super::{AMQP, AMQP_NAME, DISTRIBUTION, DRAIN, EPMD, GRACE, HOME, RabbitMqTier};
use crate::stateful::{TierContext, pieces};
use crate::workload::{Pod, resources};
use pieces::{env, exec_probe, field_env, mount, read_only};

const START: &str = "/etc/rabbitmq/start.sh";

/// The pod of a node; `config` is the name of the ConfigMap with its files.
pub(super) fn pod(tier: &RabbitMqTier, cx: &TierContext<'_>, config: &str) -> Pod {
    let main = container(tier, cx);
    // A node that is new may wait for long, and no probe limits an init container.
    let init = if tier.clustered() { vec![prepare(&main)] } else { Vec::new() };
    Pod {
        security: pieces::pod_security(tier.fields.version.user()),
        grace: grace(tier),
        volumes: volumes(tier, config),
        init,
        containers: vec![main],
        ..Pod::default()
    }
}

fn grace(tier: &RabbitMqTier) -> u32 {
    tier.fields.grace.unwrap_or(GRACE)
}

fn container(tier: &RabbitMqTier, cx: &TierContext<'_>) -> Container {
    let user = tier.fields.version.user();
    let mut ports: Vec<_> =
        tier.client_ports().iter().map(|(name, number)| pieces::port(name, *number)).collect();
    if tier.clustered() {
        ports.extend([pieces::port("epmd", EPMD), pieces::port("distribution", DISTRIBUTION)]);
    }
    Container {
        name: cx.name.to_owned(),
        image: Some(tier.fields.version.image(tier.fields.image.as_ref())),
        command: Some(vec![START.to_owned()]),
        env: Some(variables(tier, cx)),
        ports: Some(ports),
        // A node waits up to five minutes for those that stopped after it, and then tries again.
        startup_probe: Some(pieces::tcp_probe(AMQP_NAME, 5, 360)),
        readiness_probe: Some(pieces::tcp_probe(AMQP_NAME, 10, 3)),
        liveness_probe: Some(alive()),
        lifecycle: tier.clustered().then(|| pieces::pre_stop(&["bash", "-c", &pre_stop(tier)])),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(mounts()),
        ..Container::default()
    }
}

fn prepare(main: &Container) -> Container {
    Container {
        name: "prepare".to_owned(),
        args: Some(vec!["prepare".to_owned()]),
        ports: None,
        startup_probe: None,
        readiness_probe: None,
        liveness_probe: None,
        lifecycle: None,
        ..main.clone()
    }
}

/// Whether the runtime answers, whatever the node does; the tool starts a runtime of its own, which takes its time.
fn alive() -> Probe {
    Probe { timeout_seconds: Some(20), ..exec_probe(&["rabbitmq-diagnostics", "-q", "ping"], 60, 3) }
}

/// Waits until no queue loses its majority with this node, and then hands over what it leads.
fn pre_stop(tier: &RabbitMqTier) -> String {
    let wait = grace(tier).saturating_sub(DRAIN);
    format!(
        "rabbitmq-upgrade await_online_quorum_plus_one -t {wait}; rabbitmq-upgrade drain -t {}",
        DRAIN / 2
    )
}

fn variables(tier: &RabbitMqTier, cx: &TierContext<'_>) -> Vec<EnvVar> {
    let domain = cx.pods_domain();
    vec![
        field_env("POD_NAME", "metadata.name"),
        env("RABBITMQ_NODENAME", format!("rabbit@$(POD_NAME).{domain}")),
        env("RABBITMQ_USE_LONGNAME", "true"),
        env("RABBITMQ_DEFAULT_USER", &tier.fields.user),
        env("RABBITMQ_DEFAULT_VHOST", &tier.fields.vhost),
    ]
}

fn mounts() -> Vec<VolumeMount> {
    vec![
        mount(pieces::DATA, HOME),
        read_only("config", "/etc/rabbitmq"),
        read_only("secrets", "/etc/rabbitmq/secrets"),
        mount("log", "/var/log/rabbitmq"),
        mount("tmp", "/tmp"),
    ]
}

fn volumes(tier: &RabbitMqTier, config: &str) -> Vec<Volume> {
    let mut keys = vec![(&tier.fields.password, "password")];
    keys.extend(tier.fields.erlang_cookie.as_ref().map(|it| (it, "erlang-cookie")));
    vec![
        pieces::config("config", config, &["start.sh", "rabbitmq.conf", "enabled_plugins"], Some(0o555)),
        pieces::secrets("secrets", &keys),
        pieces::scratch("log", 64),
        pieces::scratch("tmp", 64),
    ]
}

const _: () = assert!(AMQP + 20000 == DISTRIBUTION, "the server derives the one from the other");
