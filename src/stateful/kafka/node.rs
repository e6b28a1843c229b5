//! The nodes of a cluster: what `docs/engines/kafka.md` says of them.

use k8s_openapi::api::core::v1 as core;
use serde::Serialize;

use super::security::{self, Security};
use super::{
    BROKER, BROKER_NAME, CLIENT, CLIENT_NAME, CONTROLLER, CONTROLLER_NAME, Controllers, KafkaTier, settings,
};
use crate::model::Resources;
use crate::stateful::fields::Storage;
use crate::stateful::{TierContext, pieces, render};
use crate::workload::{
    Budget, ConfigFiles, Controller, Part, Pod, ServiceKind, ServiceSpec, Update, Workload, resources,
};

/// The node id of the first controller of its own: brokers count from 0 and may become more.
const FIRST_CONTROLLER: u32 = 1000;
/// Where the files of the ConfigMap are; not below `/etc/kafka`, where the image declares a volume.
pub(super) const ETC: &str = "/etc/kafka-tier";

/// Nodes with the same roles: one StatefulSet.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// Brokers that are controllers too.
    Combined,
    /// Brokers.
    Broker,
    /// Controllers.
    Controller,
}

impl Role {
    fn is_broker(self) -> bool {
        !matches!(self, Self::Controller)
    }

    fn is_controller(self) -> bool {
        !matches!(self, Self::Broker)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Combined => "broker,controller",
            Self::Broker => "broker",
            Self::Controller => "controller",
        }
    }

    fn ports(self) -> Vec<(&'static str, u16)> {
        let broker = [(CLIENT_NAME, CLIENT), (BROKER_NAME, BROKER)].into_iter().filter(|_| self.is_broker());
        broker.chain([(CONTROLLER_NAME, CONTROLLER)].into_iter().filter(|_| self.is_controller())).collect()
    }
}

/// The nodes of one StatefulSet.
#[derive(Debug)]
pub(super) struct Nodes {
    role: Role,
    /// The StatefulSet's name.
    set: String,
    replicas: u32,
    first_id: u32,
    /// MiB.
    heap: u64,
}

/// The StatefulSets of a tier, brokers first.
pub(super) fn nodes(tier: &KafkaTier, cx: &TierContext<'_>) -> Vec<Nodes> {
    let fields = &tier.fields;
    let heap = settings::heap(fields.heap.as_ref(), tier.common.resources.as_deref());
    let brokers =
        |role| Nodes { role, set: cx.name.to_owned(), replicas: fields.replicas, first_id: 0, heap };
    match fields.controllers {
        Controllers::Combined => vec![brokers(Role::Combined)],
        Controllers::Separate(replicas) => vec![
            brokers(Role::Broker),
            Nodes {
                role: Role::Controller,
                set: format!("{}-controller", cx.name),
                replicas,
                first_id: FIRST_CONTROLLER,
                heap: settings::heap(None, tier.controller_resources()),
            },
        ],
    }
}

#[derive(Serialize)]
struct PropertiesContext<'a> {
    roles: &'a str,
    broker: bool,
    controller: bool,
    voters: String,
    log_dir: String,
    replication_factor: u32,
    min_insync_replicas: u32,
    share_groups: bool,
    #[serde(flatten)]
    security: Security,
    config: Vec<(&'a str, String)>,
}

#[derive(Serialize)]
struct StartContext<'a> {
    cluster_id: &'a str,
    first_id: u32,
    domain: String,
    advertised: bool,
    log_dir: String,
    heap: u64,
    log4j: String,
    login: bool,
    password: &'a str,
}

impl Nodes {
    fn config(&self) -> String {
        format!("{}-config", self.set)
    }

    /// The files of the nodes.
    pub(super) fn files(&self, tier: &KafkaTier, cx: &TierContext<'_>) -> ConfigFiles {
        let fields = &tier.fields;
        let properties = PropertiesContext {
            roles: self.role.as_str(),
            broker: self.role.is_broker(),
            controller: self.role.is_controller(),
            voters: voters(tier, cx),
            log_dir: fields.version.log_dir(),
            replication_factor: tier.replication_factor(),
            min_insync_replicas: tier.min_insync_replicas(),
            share_groups: fields.version.since_4(),
            security: tier.security(),
            config: fields.config.iter().map(|(name, it)| (name.as_str(), settings::property(it))).collect(),
        };
        let (log4j, log4j_text, option) = if fields.version.since_4() {
            let text = include_str!("../../../templates/kafka/log4j2.yaml");
            ("log4j2.yaml", text, "-Dlog4j2.configurationFile=")
        } else {
            let text = include_str!("../../../templates/kafka/log4j.properties");
            ("log4j.properties", text, "-Dlog4j.configuration=file:")
        };
        let start = StartContext {
            // A tier without one is reported, and then nothing is lowered.
            cluster_id: fields.cluster_id.as_ref().map(super::ClusterId::as_str).unwrap_or_default(),
            first_id: self.first_id,
            domain: format!("{}.{}.svc.{}", cx.headless_of(&self.set), cx.namespace, cx.cluster.domain),
            advertised: self.role.is_broker(),
            log_dir: fields.version.log_dir(),
            heap: self.heap,
            log4j: format!("{option}{ETC}/{log4j}"),
            login: tier.security().login,
            password: security::PASSWORD,
        };
        let properties = render(
            "kafka/server.properties.j2",
            include_str!("../../../templates/kafka/server.properties.j2"),
            &properties,
        );
        let start = render("kafka/start.sh.j2", include_str!("../../../templates/kafka/start.sh.j2"), &start);
        let files = [
            ("server.properties".to_owned(), properties),
            ("start.sh".to_owned(), start),
            (log4j.to_owned(), log4j_text.to_owned()),
        ];
        let files = files.into_iter().chain(tier.security().admin_file());
        ConfigFiles { name: self.config(), files: files.collect() }
    }

    /// The StatefulSet and what belongs to it.
    pub(super) fn part(&self, tier: &KafkaTier, cx: &TierContext<'_>) -> Part {
        let headless = cx.headless_of(&self.set);
        let mut services = Vec::new();
        if self.role.is_broker() {
            let client = [(CLIENT_NAME, CLIENT)];
            services.push(pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &client));
        }
        services.push(ServiceSpec {
            ..pieces::service(headless.clone(), ServiceKind::Headless, &self.role.ports())
        });
        let storage = match self.role {
            Role::Controller => Storage {
                size: tier.fields.controller_storage.clone(),
                class: tier.storage.class.clone(),
                volume: None,
            },
            Role::Broker | Role::Combined => tier.storage.clone(),
        };
        let workload = Workload {
            name: self.set.clone(),
            part: Some(if self.role.is_broker() { "broker" } else { "controller" }),
            controller: Controller::StatefulSet {
                replicas: self.replicas,
                headless,
                // Controllers are ready only once a majority of them runs.
                parallel: true,
                claims: vec![pieces::claim(&storage)],
                update: Update::Rolling,
            },
            pod: self.pod(tier),
        };
        Part { workload, services, budget: self.budget() }
    }

    /// Of brokers one at a time: two of three copies away would stop writers, whatever the controllers can bear.
    fn budget(&self) -> Budget {
        match self.role {
            Role::Controller => pieces::quorum_budget(self.replicas),
            Role::Broker | Role::Combined => pieces::replica_budget(self.replicas),
        }
    }

    fn pod(&self, tier: &KafkaTier) -> Pod {
        let user = tier.fields.version.user();
        let own: Option<&Resources> = match self.role {
            Role::Controller => tier.controller_resources(),
            Role::Broker | Role::Combined => tier.common.resources.as_deref(),
        };
        let (secrets, secret_mounts): (Vec<_>, Vec<_>) = tier.node_secrets().into_iter().unzip();
        let mut mounts = vec![
            pieces::mount(pieces::DATA, tier.fields.version.line().mount),
            pieces::read_only("config", ETC),
            pieces::mount("run", "/run/kafka"),
            pieces::mount("tmp", "/tmp"),
        ];
        mounts.extend(secret_mounts);
        let mut volumes = vec![
            pieces::config("config", &self.config(), &[], Some(0o555)),
            pieces::in_memory("run", 1),
            pieces::scratch("tmp", 128),
        ];
        volumes.extend(secrets);
        let container = core::Container {
            name: self.set.clone(),
            image: Some(tier.image()),
            command: Some(vec![format!("{ETC}/start.sh")]),
            env: Some(vec![
                pieces::field_env("POD_NAME", "metadata.name"),
                // For the tools that a person runs here: start.sh gives the server its own.
                pieces::env("KAFKA_HEAP_OPTS", "-Xmx64m"),
                pieces::env("LOG_DIR", "/tmp"),
            ]),
            ports: Some(self.role.ports().iter().map(|(name, it)| pieces::port(name, *it)).collect()),
            resources: own.map(resources),
            security_context: Some(pieces::security(user)),
            volume_mounts: Some(mounts),
            ..self.probes()
        };
        Pod {
            security: pieces::pod_security(user),
            grace: tier.fields.grace,
            volumes,
            containers: vec![container],
            ..Pod::default()
        }
    }

    /// A container with its probes alone.
    fn probes(&self) -> core::Container {
        let controller = |failures, period| Some(pieces::tcp_probe(CONTROLLER_NAME, period, failures));
        let client = core::Probe {
            // Half a minute for a node that comes back to catch up, before a rollout or a drain takes the next.
            success_threshold: Some(6),
            ..pieces::tcp_probe(CLIENT_NAME, 5, 3)
        };
        core::Container {
            // The controller's port opens at once, without a majority and before the logs are recovered. A broker's
            // ports open after that, which takes as long as the logs are large, so nothing may kill it meanwhile.
            startup_probe: self.role.is_controller().then(|| controller(60, 5)).flatten(),
            liveness_probe: self.role.is_controller().then(|| controller(6, 10)).flatten(),
            readiness_probe: if self.role.is_broker() { Some(client) } else { controller(3, 5) },
            ..core::Container::default()
        }
    }
}

/// `id@host:port` of every controller.
fn voters(tier: &KafkaTier, cx: &TierContext<'_>) -> String {
    let (set, count, first) = match tier.fields.controllers {
        Controllers::Combined => (cx.name.to_owned(), tier.fields.replicas, 0),
        Controllers::Separate(count) => (format!("{}-controller", cx.name), count, FIRST_CONTROLLER),
    };
    let voter = |ordinal: u32| {
        let host = cx.pod_host_of(&set, ordinal);
        format!("{}@{host}:{CONTROLLER}", first + ordinal)
    };
    (0..count).map(voter).collect::<Vec<_>>().join(",")
}
