//! The pod of a broker.

use k8s_openapi::api::core::v1::Container;

use super::settings::DATA;
use super::{ADMIN, KAFKA, PROXY, REGISTRY, RPC, RedpandaTier};
use crate::stateful::pieces::{self, env, field_env, http_probe, mount, read_only, tcp_probe};
use crate::workload::{Pod, resources};

/// The pod; `config` is the name of the `ConfigMap` with its files.
pub(super) fn pod(tier: &RedpandaTier, config: &str) -> Pod {
    let user = tier.fields.version.user();
    let ports = [KAFKA, PROXY, REGISTRY, ADMIN, RPC];
    let main = Container {
        name: "redpanda".to_owned(),
        image: Some(tier.fields.version.image(tier.fields.image.as_ref())),
        command: Some(vec!["/etc/redpanda-rendered/start.sh".to_owned()]),
        env: Some(vec![field_env("POD_NAME", "metadata.name"), env("HOME", "/tmp")]),
        ports: Some(ports.iter().map(|(name, port)| pieces::port(name, *port)).collect()),
        startup_probe: Some(http_probe("/v1/status/ready", ADMIN.0, 5, 240)),
        readiness_probe: Some(http_probe("/v1/status/ready", ADMIN.0, 5, 3)),
        liveness_probe: Some(tcp_probe(ADMIN.0, 10, 6)),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            mount(pieces::DATA, DATA),
            read_only("rendered", "/etc/redpanda-rendered"),
            mount("config", "/etc/redpanda"),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: tier.fields.grace,
        volumes: vec![
            pieces::config("rendered", config, &["bootstrap.yaml", "redpanda.yaml", "start.sh"], Some(0o555)),
            // rpk writes its configuration again when it starts the broker.
            pieces::scratch("config", 1),
            pieces::scratch("tmp", 64),
        ],
        containers: vec![main],
        ..Pod::default()
    }
}
