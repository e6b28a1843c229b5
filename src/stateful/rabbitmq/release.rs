//! What is known of RabbitMQ's official image.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. Users, volume and entrypoint follow the Dockerfiles (<https://github.com/docker-library/rabbitmq>). Lines
/// before 4.0 are out of community support and mirror queues in ways that 4.0 dropped. The project fixes no month of a
/// line's last release beforehand.
pub(super) static TABLE: Table = Table {
    title: "RabbitMQ",
    image: "rabbitmq",
    default: "4.3.6",
    prefix: "",
    user: User { uid: 999, gid: 999 },
    alpine: Some(User { uid: 100, gid: 101 }),
    ports: &[(super::AMQP_NAME, super::AMQP), ("epmd", super::EPMD), ("distribution", super::DISTRIBUTION)],
    config: "/etc/rabbitmq/rabbitmq.conf",
    ready: "the AMQP port is open, which is the last step of a start",
    drain: super::GRACE,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "network storage will do where its latency is low and has no spikes; file systems whose `fsync` deviates from a local one are to be avoided",
        source: "rabbitmq.com/docs: Deployment Guidelines, Storage",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[line("4.0"), line("4.1"), line("4.2"), line("4.3")],
};

const fn line(version: &'static str) -> Line {
    Line { version, end_of_life: None, mount: super::HOME }
}

/// A version of the official image.
pub type Release = Version<super::RabbitMq>;

impl Released for super::RabbitMq {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::At(&["4.2"]),
        up: "enable all feature flags first (`rabbitmqctl enable_feature_flag all`): a node does not start without those that its release wants, and 4.3 wants those of 4.2",
        down: "not supported: build a cluster beside it, and move the messages",
        source: "rabbitmq.com/docs: Upgrading; Feature Flags",
    };
}

impl Release {
    /// Whether nodes that an operator runs find each other by the Kubernetes API; from 4.1 on they know each other's names
    /// (<https://www.rabbitmq.com/blog/2025/04/04/new-k8s-peer-discovery>).
    pub(super) fn asks_kubernetes(&self) -> bool {
        self.line().version == "4.0"
    }

    /// Whether the metadata may lie in Mnesia, which must be told what to do when the network is cut; 4.3 has Raft alone.
    pub(super) fn may_partition(&self) -> bool {
        matches!(self.line().version, "4.0" | "4.1" | "4.2")
    }
}

/// By hand (rabbitmq.com/docs/rolling-upgrade; rabbitmq.com/docs/feature-flags; rabbitmq.com/docs/man/rabbitmq-queues.8).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage(
        "kubectl exec {pod} -n {namespace} -- rabbitmqctl -q export_definitions - > {name}-definitions.json",
        "everything but messages; messages leave by their consumers, or by a shovel to another cluster",
    )],
    restore: &[stage(
        "kubectl exec -i {pod} -n {namespace} -- rabbitmqctl import_definitions < {name}-definitions.json",
        "users, queues, exchanges and policies are there again, without messages",
    )],
    before_upgrade: &[
        stage(
            "kubectl exec {pod} -n {namespace} -- rabbitmqctl enable_feature_flag all",
            "a node does not start without the flags that its release wants",
        ),
        stage(
            "kubectl exec {pod} -n {namespace} -- rabbitmq-diagnostics check_if_node_is_quorum_critical",
            "no queue loses its majority when a node is replaced",
        ),
    ],
    after_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- rabbitmqctl enable_feature_flag all",
        "the next upgrade wants those of this release; there is no way back",
    )],
    removals: &[Removal {
        what: "members",
        before: &[stage(
            "kubectl exec {pod} -n {namespace} -- rabbitmq-queues shrink rabbit@{last}.{domain}",
            "the copies of quorum queues on {last} are taken off the lists",
        )],
        after: &[stage(
            "kubectl exec {pod} -n {namespace} -- rabbitmqctl forget_cluster_node rabbit@{last}.{domain}",
            "the others stop waiting for it",
        )],
    }],
    without_data: &[],
};
