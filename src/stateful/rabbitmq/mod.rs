//! `rabbitmq`: one node, or a cluster that forms from fixed names, or one that the RabbitMQ Cluster Operator runs.
//! What it does and why is in `docs/engines/rabbitmq.md`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::fields::{SecretKey, Storage, Stored};
use super::procedure::Procedures;
use super::setting::{Setting, SettingName};
use super::upgrade::{Fixed, Members, OWN, Running, Standing};
use super::{
    Asked, Credential, Declared, Development, Gauge, Monitor, Node, Plan, SecretForm, Target, Tier,
    TierContext, engine, pieces, render,
};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, Image, RabbitMqProtocol, Trigger};
use crate::workload::{ConfigFiles, Controller, Endpoints, Login, Part, ServiceKind, Update, Workload};

mod check;
mod operator;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;

pub use release::Release;

const AMQP: u16 = 5672;
const AMQP_NAME: &str = "amqp";
/// Erlang's port mapper, which tells a node's port by its name.
const EPMD: u16 = 4369;
/// Where nodes talk to each other: 20000 above AMQP.
const DISTRIBUTION: u16 = 25672;
/// The volume and the user's home: the data and the cookie.
const HOME: &str = "/var/lib/rabbitmq";
/// Seconds to stop: most of it for the other nodes to catch up.
const GRACE: u32 = 600;
/// What is left of the grace after waiting for the others: to drain, and to stop.
const DRAIN: u32 = 60;

words! {
    /// Who runs the nodes.
    pub enum RabbitMqBackend {
        /// A StatefulSet.
        "plain" Plain,
        /// The RabbitMQ Cluster Operator.
        "operator" Operator,
    }
}

words! {
    /// A plugin of RabbitMQ that the image has.
    pub enum Plugin {
        /// Links to exchanges and queues of other clusters.
        "rabbitmq_federation" Federation,
        /// The HTTP API and its pages.
        "rabbitmq_management" Management,
        /// MQTT.
        "rabbitmq_mqtt" Mqtt,
        /// Metrics for Prometheus.
        "rabbitmq_prometheus" Prometheus,
        /// Moves messages between queues, also of other clusters.
        "rabbitmq_shovel" Shovel,
        /// STOMP.
        "rabbitmq_stomp" Stomp,
        /// The protocol of streams.
        "rabbitmq_stream" Stream,
    }
}

model! {
    /// What only a RabbitMQ tier has.
    pub struct RabbitMqFields {
        /// The kind: `rabbitmq`.
        "kind" kind: String,
        /// Who runs the nodes: `plain` or `operator`.
        "backend" backend: RabbitMqBackend = RabbitMqBackend::Plain,
        /// The version, as the official image's tags write it.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How many nodes: 1, 3, 5 or 7.
        "replicas" replicas: u32 = 1,
        /// The administrator who is made at the first start.
        "user" user: String = "rabbit".to_owned(),
        /// The administrator's password. The operator wants the key `default_user.conf` beside it.
        "password" password: SecretKey,
        /// The virtual host that is made at the first start.
        "vhost" vhost: String = "/".to_owned(),
        /// What nodes and command line tools recognise each other by; needed for several nodes. The operator makes it itself.
        "erlangCookie" erlang_cookie: Option<SecretKey>,
        /// Plugins; those that listen give the tier their ports.
        "plugins" plugins: Vec<Plugin>,
        /// Settings of `rabbitmq.conf`; they win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Who collects the metrics of the nodes; without the operator, the plugin `rabbitmq_prometheus` shows them.
        "monitor" monitor: Option<Monitor>,
        /// Seconds from the request to stop until the kill, most of them for the others to catch up; 600, with the operator a
        /// week, unless given.
        "terminationGracePeriodSeconds" grace: Option<u32>,
    }
}

parts! {
    /// A tier of RabbitMQ.
    pub struct RabbitMqTier {
        /// What every component has.
        common: Common,
        /// The storage of each node.
        storage: Storage,
        /// What only a RabbitMQ tier has.
        fields: RabbitMqFields,
    }
}

engine!(
    /// The engine.
    RabbitMq, "rabbitmq", RabbitMqTier, Some(&release::TABLE)
);

#[derive(Serialize)]
struct StartContext<'a> {
    home: &'a str,
    hosts: Vec<String>,
    cookie: bool,
}

#[derive(Serialize)]
struct ConfContext<'a> {
    settings: Vec<(String, String)>,
    nodes: &'a [String],
}

impl Tier for RabbitMqTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, cluster: &Cluster) -> Endpoints {
        let fields = &self.fields;
        Endpoints {
            ports: self.client_ports().iter().map(|(name, port)| pieces::endpoint(name, *port)).collect(),
            scheme: Some(AMQP_NAME),
            login: Some(Login {
                user: fields.user.clone(),
                secret: fields.password.secret.clone(),
                key: fields.password.key.clone(),
            }),
            path: format!("/{}", if fields.vhost == "/" { "%2F" } else { &fields.vhost }),
            peers: match fields.backend {
                _ if !self.clustered() => Vec::new(),
                // A node that is new looks whether another one serves clients already.
                RabbitMqBackend::Plain => vec![AMQP, EPMD, DISTRIBUTION],
                RabbitMqBackend::Operator => operator::PEERS.to_vec(),
            },
            callers: if self.operated() { vec![operator::caller(cluster)] } else { Vec::new() },
            properties: vec![("user", fields.user.clone()), ("vhost", fields.vhost.clone())],
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        let mut found = vec![self.fields.password.credential("password")];
        found.extend(self.fields.erlang_cookie.as_ref().map(|it| it.credential("erlangCookie")));
        found
    }

    fn check(&self, at: &Route, cluster: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
        if self.operated() {
            operator::check(self, at, cluster, sink);
        }
    }

    fn secret_forms(&self) -> Vec<SecretForm> {
        if self.operated() { vec![operator::secret_form(self)] } else { Vec::new() }
    }

    fn operator_objects(&self, name: &str) -> Vec<(&'static str, String)> {
        if self.operated() { operator::objects(name) } else { Vec::new() }
    }

    fn monitor(&self) -> Option<&Monitor> {
        self.fields.monitor.as_ref()
    }

    fn targets(&self, _: &str) -> Vec<Target> {
        // The operator turns the plugin on by itself, and its name of the port is that of the plugin's.
        let shows = self.operated() || self.fields.plugins.contains(&Plugin::Prometheus);
        Plugin::Prometheus.port().filter(|_| shows).map(Target::pods).into_iter().collect()
    }

    fn operator_labels(&self, name: &str) -> Option<BTreeMap<String, String>> {
        self.operated().then(|| operator::labels(name))
    }

    fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
        let Trigger::RabbitMq(it) = asked.trigger else { return None };
        let management = Plugin::Management.port().filter(|it| self.client_ports().contains(it));
        let (scheme, port) = match it.asked_by() {
            RabbitMqProtocol::Amqp => (AMQP_NAME, AMQP),
            RabbitMqProtocol::Http => ("http", management.map_or(0, |(_, it)| it)),
        };
        let path = self.endpoints(asked.name, &Cluster::standard()).path;
        let protocols = [Some(RabbitMqProtocol::Amqp), management.map(|_| RabbitMqProtocol::Http)];
        Some(Gauge {
            kind: "rabbitmq",
            ports: vec![port],
            parameters: vec![("host", format!("{scheme}://{}:{port}{path}", asked.host(asked.service)))],
            // Its own user is part of the stack, and KEDA takes a user from a secret only.
            logins: vec![("username", None), ("password", Some(self.fields.password.clone()))],
            declared: vec![Declared {
                key: "protocol",
                under: vec!["plugins".to_owned()],
                names: protocols.into_iter().flatten().map(|it| it.as_str().to_owned()).collect(),
            }],
        })
    }

    fn standing(&self) -> Standing {
        let fields = &self.fields;
        let fixed = |at, value: &str, why| Fixed { at, value: value.to_owned(), why };
        Standing {
            backend: Some(fields.backend.as_str()),
            release: Some(Running::of(&fields.version)),
            members: vec![Members {
                at: &["replicas"],
                what: "members",
                parts: OWN,
                number: fields.replicas,
                // github.com/rabbitmq/cluster-operator, issue 223.
                fewer: if self.operated() {
                    "the operator takes no member away: describe a smaller tier beside it, and move queues and users there"
                } else {
                    "take each one out first: `rabbitmq-queues shrink`, then `rabbitmqctl forget_cluster_node`"
                },
                more: Some("quorum queues stay where they are until `rabbitmq-queues grow`"),
            }],
            fixed: vec![
                fixed(
                    &["user"],
                    &fields.user,
                    "the user was made at the first start: make the other by hand",
                ),
                fixed(
                    &["vhost"],
                    &fields.vhost,
                    "the virtual host was made at the first start: make the other by hand",
                ),
            ],
        }
    }

    fn procedures(&self) -> &'static Procedures {
        if self.operated() { &Procedures::NONE } else { &release::PROCEDURES }
    }

    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        let mut one = self.clone();
        one.fields.replicas = 1;
        if self.operated() {
            // The operator's images are its own.
            (one.fields.backend, one.fields.image) = (RabbitMqBackend::Plain, None);
        }
        Some(Node::of(one.lower(&cx.tier)))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        if self.operated() {
            return operator::plan(self, cx);
        }
        let config = format!("{}-config", cx.name);
        let headless = cx.headless();
        let client_ports = self.client_ports();
        let mut peer_ports = client_ports.clone();
        peer_ports.extend([("epmd", EPMD), ("distribution", DISTRIBUTION)]);
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &client_ports),
            pieces::service(headless.clone(), ServiceKind::Headless, &peer_ports),
        ];
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless: headless.clone(),
                // After all of them stopped, a node waits for the one that stopped last, whichever that is.
                parallel: true,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::pod(self, cx, &config),
        };
        Plan {
            parts: vec![Part { workload, services, budget: pieces::quorum_budget(self.fields.replicas) }],
            files: vec![ConfigFiles { name: config, files: self.files(cx) }],
            ..Plan::default()
        }
    }
}

impl RabbitMqTier {
    /// Whether the operator runs the nodes.
    fn operated(&self) -> bool {
        self.fields.backend == RabbitMqBackend::Operator
    }

    fn clustered(&self) -> bool {
        self.fields.replicas > 1
    }

    fn client_ports(&self) -> Vec<(&'static str, u16)> {
        let mut found = vec![(AMQP_NAME, AMQP)];
        found.extend(self.fields.plugins.iter().filter_map(|it| it.port()));
        found
    }

    fn files(&self, cx: &TierContext<'_>) -> BTreeMap<String, String> {
        let host = |ordinal| cx.pod_host(ordinal);
        let hosts: Vec<String> = (0..self.fields.replicas).map(host).collect();
        let nodes: Vec<String> = hosts.iter().map(|it| format!("rabbit@{it}")).collect();
        let start = StartContext { home: HOME, hosts, cookie: self.fields.erlang_cookie.is_some() };
        let nodes = if self.clustered() { nodes.as_slice() } else { &[] };
        let conf = ConfContext { settings: settings::lines(self, cx.name), nodes };
        let mut files = BTreeMap::new();
        macro_rules! own {
            ($name:literal, $context:expr) => {
                let source = include_str!(concat!("../../../templates/rabbitmq/", $name, ".j2"));
                files.insert($name.to_owned(), render(concat!("rabbitmq/", $name, ".j2"), source, $context));
            };
        }
        own!("start.sh", &start);
        own!("rabbitmq.conf", &conf);
        let plugins: Vec<&str> = self.fields.plugins.iter().map(|it| it.as_str()).collect();
        // A list of Erlang: names of plugins need no quotes.
        files.insert("enabled_plugins".to_owned(), format!("[{}].\n", plugins.join(",")));
        files
    }
}

impl Plugin {
    /// The port that it listens on.
    fn port(self) -> Option<(&'static str, u16)> {
        match self {
            Self::Federation | Self::Shovel => None,
            Self::Management => Some(("management", 15672)),
            Self::Mqtt => Some(("mqtt", 1883)),
            Self::Prometheus => Some(("prometheus", 15692)),
            Self::Stomp => Some(("stomp", 61613)),
            Self::Stream => Some(("stream", 5552)),
        }
    }
}
