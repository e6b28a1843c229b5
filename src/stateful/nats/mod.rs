//! `nats`: NATS with `JetStream` from the official image, one server or a cluster that votes.
//! What it does and why is in `docs/engines/nats.md`.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::fields::{SecretKey, Storage, Stored};
use super::setting::{Setting, SettingName};
use super::upgrade::{Members, OWN, Running, Standing};
use super::{
    Asked, Credential, Declared, Development, Gauge, Node, Plan, SecretForm, Tier, TierContext, engine,
    pieces, render,
};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, Duration, Image, Trigger};
use crate::workload::{
    Budget, ConfigFiles, Controller, Endpoint, Endpoints, Login, Part, Run, ServiceKind, ServiceSpec, Update,
    Workload,
};

mod check;
mod nack;
mod pod;
mod release;
mod settings;
mod stream;
#[cfg(test)]
mod tests;

pub use release::Release;
pub use stream::{AckPolicy, Consumer, Discard, Retention, StorageKind, Stream, StreamName};

const CLIENT: &str = "client";
const CLIENT_PORT: u16 = 4222;
const MONITOR: &str = "monitor";
const MONITOR_PORT: u16 = 8222;
const CLUSTER: &str = "cluster";
const CLUSTER_PORT: u16 = 6222;
const SCHEME: &str = "nats";
/// The image whose `nats` makes the streams, where the stack names none.
const BOX: &str = "natsio/nats-box:0.19.7-nonroot";
/// The user where the stack names none.
const USER: &str = "nats";

words! {
    /// Who makes the streams of a NATS tier.
    pub enum StreamsBy {
        /// A Job of the tier.
        "job" Job,
        /// NACK, the controller of NATS' makers.
        "nack" Nack,
    }
}

model! {
    /// What only a NATS tier has.
    pub struct NatsFields {
        /// The kind: `nats`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How many servers: 1, or an odd number that votes.
        "replicas" replicas: u32 = 1,
        /// The user that clients log in as; `nats` unless given. Only with `password`.
        "user" user: Option<String>,
        /// The password of the one user; without it, whoever reaches the port is let in.
        "password" password: Option<SecretKey>,
        /// The streams that are made, and kept as they are here.
        "streams" streams: IndexMap<StreamName, Stream>,
        /// Who makes them: `job`, at each change of them, or `nack`, which also undoes changes made by hand. NACK wants
        /// the key `username` beside the password.
        "streamsBy" streams_by: StreamsBy = StreamsBy::Job,
        /// The image of that Job, where another than `natsio/nats-box`: it needs `sh` and `nats`.
        "setupImage" setup_image: Option<Image>,
        /// How long a server that stops takes to send its clients away, one after the other.
        "lameDuckDuration" lame_duck: Duration = Duration::parse("30s").ok()?,
        /// Settings of the server, `jetstream.NAME` and `cluster.NAME` for those of a block; they win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = 60,
    }
}

parts! {
    /// A tier of NATS with `JetStream`.
    pub struct NatsTier {
        /// What every component has.
        common: Common,
        /// The storage of each server.
        storage: Storage,
        /// What only a NATS tier has.
        fields: NatsFields,
    }
}

engine!(
    /// The engine.
    Nats, "nats", NatsTier, Some(&release::TABLE)
);

impl Tier for NatsTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, cluster: &Cluster) -> Endpoints {
        let port = |name, number, protocol: &str| Endpoint {
            app_protocol: Some(protocol.to_owned()),
            ..pieces::endpoint(name, number)
        };
        // The Job that makes the streams is a client, and one pod of the tier among the others.
        let mut peers = Vec::new();
        if self.clustered() || self.has_setup() {
            peers.push(CLIENT_PORT);
        }
        if self.clustered() {
            peers.push(CLUSTER_PORT);
        }
        Endpoints {
            ports: vec![port(CLIENT, CLIENT_PORT, "tcp"), port(MONITOR, MONITOR_PORT, "http")],
            scheme: Some(SCHEME),
            login: self.fields.password.as_ref().map(|it| Login {
                user: self.user().to_owned(),
                secret: it.secret.clone(),
                key: it.key.clone(),
            }),
            peers,
            properties: vec![("user", self.user().to_owned())],
            callers: if self.by_nack() { vec![nack::caller(cluster)] } else { Vec::new() },
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        self.fields.password.iter().map(|it| it.credential("password")).collect()
    }

    fn check(&self, at: &Route, cluster: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
        if self.by_nack() {
            nack::check(self, at, cluster, sink);
        }
    }

    fn secret_forms(&self) -> Vec<SecretForm> {
        nack::secret_form(self).filter(|_| self.by_nack()).into_iter().collect()
    }

    fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
        let Trigger::Nats(it) = asked.trigger else { return None };
        let streams = &self.fields.streams;
        // KEDA puts the name of the server that leads the consumer before the host, so the host must be that of the pods.
        let service = if self.clustered() { asked.headless } else { asked.service };
        let mut declared = vec![Declared {
            key: "stream",
            under: vec!["streams".to_owned()],
            names: streams.keys().map(ToString::to_string).collect(),
        }];
        if let Some((name, stream)) = streams.iter().find(|(name, _)| name.as_str() == it.stream) {
            declared.push(Declared {
                key: "consumer",
                under: vec!["streams".to_owned(), name.to_string(), "consumers".to_owned()],
                names: stream.consumers.keys().map(ToString::to_string).collect(),
            });
        }
        Some(Gauge {
            kind: "nats-jetstream",
            ports: vec![MONITOR_PORT],
            parameters: vec![(
                "natsServerMonitoringEndpoint",
                format!("{}:{MONITOR_PORT}", asked.host(service)),
            )],
            // The monitoring port asks for none.
            logins: Vec::new(),
            declared,
        })
    }

    fn standing(&self) -> Standing {
        Standing {
            release: Some(Running::of(&self.fields.version)),
            members: vec![Members {
                at: &["replicas"],
                what: "servers",
                parts: OWN,
                number: self.fields.replicas,
                fewer: "take each one out first, by `nats server raft peer-remove`: streams that are on it need another copy, and it counts to the majority",
                more: None,
            }],
            ..Standing::default()
        }
    }

    fn procedures(&self) -> &'static crate::stateful::procedure::Procedures {
        &release::PROCEDURES
    }

    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        let mut one = self.clone();
        one.fields.replicas = 1;
        for stream in one.fields.streams.values_mut() {
            stream.replicas = None;
        }
        Some(Node::of(one.lower(&cx.tier)))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let headless = cx.headless();
        let config = format!("{}-config", cx.name);
        let setup = format!("{}-setup", cx.name);
        let clients = [(CLIENT, CLIENT_PORT), (MONITOR, MONITOR_PORT)];
        let own: &[_] = if self.clustered() { &[(CLUSTER, CLUSTER_PORT)] } else { &[] };
        let services = vec![
            service(cx.service().to_owned(), ServiceKind::ClusterIp, &clients),
            service(headless.clone(), ServiceKind::Headless, &[&clients, own].concat()),
        ];
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless,
                // None becomes ready without a majority of them.
                parallel: true,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::server(self, cx.name, &config),
        };
        let budget = pieces::quorum_budget(self.fields.replicas);
        let mut plan = Plan {
            parts: vec![Part { workload, services, budget }],
            files: vec![ConfigFiles {
                name: config,
                files: [("nats.conf".to_owned(), self.configuration(cx))].into(),
            }],
            objects: nack::objects(self, cx),
            ..Plan::default()
        };
        if self.has_setup() {
            let workload = Workload {
                name: setup.clone(),
                part: Some("setup"),
                controller: Controller::Job(Run::until_done(6)),
                pod: pod::setup(self, cx.name, &setup),
            };
            plan.parts.push(Part { workload, services: Vec::new(), budget: Budget::None });
            plan.files.push(ConfigFiles { name: setup, files: self.setup_files() });
        }
        plan
    }
}

/// The server speaks first on its port, so nothing in between can guess the protocol.
fn service(name: String, kind: ServiceKind, ports: &[(&str, u16)]) -> ServiceSpec {
    let mut spec = pieces::service(name, kind, ports);
    for port in &mut spec.ports {
        let protocol = if port.name == MONITOR { "http" } else { "tcp" };
        port.app_protocol = Some(protocol.to_owned());
    }
    spec
}

impl NatsTier {
    fn clustered(&self) -> bool {
        self.fields.replicas > 1
    }

    /// Whether a Job makes streams.
    fn has_setup(&self) -> bool {
        !self.fields.streams.is_empty() && self.fields.streams_by == StreamsBy::Job
    }

    /// Whether NACK makes streams.
    fn by_nack(&self) -> bool {
        !self.fields.streams.is_empty() && self.fields.streams_by == StreamsBy::Nack
    }

    fn user(&self) -> &str {
        self.fields.user.as_deref().unwrap_or(USER)
    }

    /// How many servers keep a stream: what it says, or three where there are as many.
    fn copies(&self, stream: &Stream) -> u32 {
        stream.replicas.unwrap_or(self.fields.replicas.clamp(1, 3))
    }

    fn configuration(&self, cx: &TierContext<'_>) -> String {
        let host = |ordinal| cx.pod_host(ordinal);
        let routes = (0..self.fields.replicas).map(|it| format!("nats://{}:{CLUSTER_PORT}", host(it)));
        let routes = if self.clustered() { routes.collect() } else { Vec::new() };
        let settings = settings::Settings::new(self, cx.name, routes);
        render("nats/nats.conf.j2", include_str!("../../../templates/nats/nats.conf.j2"), &settings)
    }

    fn setup_files(&self) -> BTreeMap<String, String> {
        let streams = &self.fields.streams;
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (name, stream) in streams {
            files.insert(format!("stream.{name}.json"), stream.json(name, self.copies(stream)));
            for (consumer, it) in &stream.consumers {
                files.insert(format!("consumer.{name}.{consumer}.json"), it.json(consumer));
            }
        }
        let names: Vec<_> = streams.iter().map(|(name, it)| (name.as_str(), consumer_names(it))).collect();
        let script = include_str!("../../../templates/nats/setup.sh.j2");
        files.insert(
            "setup.sh".to_owned(),
            render("nats/setup.sh.j2", script, &BTreeMap::from([("streams", names)])),
        );
        files
    }
}

fn consumer_names(stream: &Stream) -> Vec<&str> {
    stream.consumers.keys().map(StreamName::as_str).collect()
}
