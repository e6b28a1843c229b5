//! The pods: nodes, and the one that makes roles and keyspaces.

use k8s_openapi::api::core::v1::{Container, Probe};

use super::{CQL, CassandraTier, GOSSIP};
use crate::stateful::pieces::{self, env, exec_probe, field_env, mount, read_only, tcp_probe};
use crate::workload::{Pod, resources};

const CONFIG: &str = "/etc/cassandra-tier";
const SECRETS: &str = "/etc/cassandra-secrets";
const RUN: &str = "/run/cassandra";
const LOG: &str = "/var/log/cassandra";

/// A node.
pub(super) fn node(tier: &CassandraTier, name: &str, config: &str) -> Pod {
    let user = tier.fields.version.user();
    let main = Container {
        name: name.to_owned(),
        image: Some(tier.fields.version.image(tier.fields.image.as_ref())),
        // The image's entrypoint edits its configuration in place and knows a few settings only.
        command: Some(vec!["bash".to_owned(), format!("{CONFIG}/start.sh")]),
        env: Some(vec![
            field_env("POD_NAME", "metadata.name"),
            field_env("POD_IP", "status.podIP"),
            // Also where `nodetool` of a person's shell looks.
            env("CASSANDRA_CONF", RUN),
            env("CASSANDRA_LOG_DIR", LOG),
            env("LOCAL_JMX", "yes"),
            env("HOME", "/tmp"),
        ]),
        ports: Some([CQL, GOSSIP].map(|(name, number)| pieces::port(name, number)).into()),
        // The commit log is replayed before nodes are listened to, and data is streamed only after that.
        startup_probe: Some(tcp_probe(GOSSIP.0, 10, 180)),
        readiness_probe: Some(Probe {
            timeout_seconds: Some(5),
            ..exec_probe(&["bash", &format!("{CONFIG}/ready.sh")], 10, 3)
        }),
        liveness_probe: Some(tcp_probe(GOSSIP.0, 10, 6)),
        lifecycle: Some(pieces::pre_stop(&["nodetool", "drain"])),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            mount(pieces::DATA, tier.fields.version.line().mount),
            read_only("config", CONFIG),
            mount("run", RUN),
            mount("log", LOG),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: tier.fields.grace,
        volumes: vec![
            pieces::config("config", config, &[], None),
            pieces::scratch("run", 16),
            // Of Java's collector: ten files of 10 MiB.
            pieces::scratch("log", 256),
            pieces::scratch("tmp", 128),
        ],
        containers: vec![main],
        ..Pod::default()
    }
}

/// What makes roles and keyspaces. Safe to be repeated.
pub(super) fn setup(tier: &CassandraTier, config: &str) -> Pod {
    let fields = &tier.fields;
    let user = fields.version.user();
    let main = Container {
        name: "setup".to_owned(),
        image: Some(fields.version.image(fields.image.as_ref())),
        command: Some(vec!["bash".to_owned(), format!("{CONFIG}/setup.sh")]),
        env: Some(vec![env("HOME", "/tmp")]),
        resources: Some(pieces::amounts("100m", "256Mi", "256Mi")),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            read_only("config", CONFIG),
            read_only("secrets", SECRETS),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    };
    let secrets = [(&fields.superuser_password, "superuser"), (&fields.password, "user")];
    Pod {
        security: pieces::pod_security(user),
        grace: 5,
        volumes: vec![
            pieces::config("config", config, &[], None),
            pieces::secrets("secrets", &secrets),
            // In memory: passwords pass through it.
            pieces::in_memory("tmp", 16),
        ],
        containers: vec![main],
        ..Pod::default()
    }
}
