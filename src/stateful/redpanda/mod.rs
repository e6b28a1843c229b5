//! `redpanda`: Redpanda from the official image, one broker or an odd number of a fixed size.
//! What it does and why is in `docs/engines/redpanda.md`.

use indexmap::IndexMap;
use serde::Serialize;

use super::fields::{Storage, Stored};
use super::kafka::{self, Topic, TopicName};
use super::setting::{Setting, SettingName};
use super::upgrade::{Members, OWN, Running, Standing};
use super::{Asked, Credential, Development, Gauge, Node, Plan, Tier, TierContext, engine, pieces, render};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts};
use crate::model::{Cluster, Common, Image};
use crate::workload::{ConfigFiles, Controller, Endpoints, Part, ServiceKind, Update, Workload};

mod check;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;
mod topics;

pub use release::Release;

const KAFKA: (&str, u16) = ("kafka", 9092);
/// The port by which the host of a developer's machine reaches it: a broker tells its clients where to call it, and the host
/// knows no names.
const HOST: u16 = 19092;
const PROXY: (&str, u16) = ("http-proxy", 8082);
const REGISTRY: (&str, u16) = ("schema-registry", 8081);
const ADMIN: (&str, u16) = ("admin", 9644);
const RPC: (&str, u16) = ("rpc", 33145);

model! {
    /// What only a Redpanda tier has.
    pub struct RedpandaFields {
        /// The kind: `redpanda`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// The brokers: 1, 3 or another odd number. It can never be lowered without moving data first.
        "replicas" replicas: u32 = 1,
        /// Whether it runs with less memory and on disks that are not meant for data that matters.
        "developerMode" developer_mode: bool = false,
        /// Cluster properties, such as `log_retention_ms`. The first start takes them over; later changes are made with
        /// `rpk cluster config`.
        "config" config: IndexMap<SettingName, Setting>,
        /// Topics, which a Job makes.
        "topics" topics: IndexMap<TopicName, Topic>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = release::TABLE.drain,
    }
}

parts! {
    /// A tier of Redpanda.
    pub struct RedpandaTier {
        /// What every component has.
        common: Common,
        /// The storage of each broker.
        storage: Storage,
        /// What only a Redpanda tier has.
        fields: RedpandaFields,
    }
}

engine!(
    /// The engine.
    Redpanda, "redpanda", RedpandaTier, Some(&release::TABLE)
);

/// What `start.sh` is rendered from.
#[derive(Serialize)]
struct StartContext {
    cores: u64,
    memory: Option<u64>,
    overprovisioned: bool,
}

impl Tier for RedpandaTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
        let ports = [KAFKA, PROXY, REGISTRY].map(|(name, port)| pieces::endpoint(name, port)).to_vec();
        let peers: &[_] = match (self.fields.replicas, self.fields.topics.is_empty()) {
            (2.., _) => &[KAFKA, PROXY, REGISTRY, ADMIN, RPC],
            // What makes topics is a client.
            (_, false) => &[KAFKA],
            _ => &[],
        };
        Endpoints { ports, peers: peers.iter().map(|(_, port)| *port).collect(), ..Endpoints::default() }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        Vec::new()
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
    }

    fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
        kafka::gauge::of_topics(asked, KAFKA.1, &self.fields.topics)
    }

    fn standing(&self) -> Standing {
        Standing {
            release: Some(Running::of(&self.fields.version)),
            members: vec![Members {
                at: &["replicas"],
                what: "brokers",
                parts: OWN,
                number: self.fields.replicas,
                fewer: "move what is on each one first, by `rpk redpanda admin brokers decommission`",
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
        one.fields.developer_mode = true;
        for topic in one.fields.topics.values_mut() {
            topic.replicas = None;
        }
        let from_host = cx.published(KAFKA.0).map(|port| (cx.host.clone(), port));
        let ports = from_host.iter().map(|_| (KAFKA.0, HOST)).collect();
        Some(Node { from_host: ports, ..Node::of(one.plan(&cx.tier, from_host.as_ref())) })
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        self.plan(cx, None)
    }
}

impl RedpandaTier {
    /// What runs. `from_host`: where clients on the host of a developer's machine find it.
    fn plan(&self, cx: &TierContext<'_>, from_host: Option<&(String, u16)>) -> Plan {
        let config = format!("{}-config", cx.name);
        let headless = cx.headless();
        let start = StartContext {
            cores: self.cores(),
            memory: self.memory_of_broker(),
            overprovisioned: self.overprovisioned(),
        };
        let script = include_str!("../../../templates/redpanda/start.sh.j2");
        let files = [
            ("bootstrap.yaml".to_owned(), settings::bootstrap(self)),
            ("redpanda.yaml".to_owned(), settings::broker(self, cx, from_host)),
            ("start.sh".to_owned(), render("redpanda/start.sh.j2", script, &start)),
        ];
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("broker"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless: headless.clone(),
                // The first start waits until every seed is there.
                parallel: true,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::pod(self, &config),
        };
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &[KAFKA, PROXY, REGISTRY]),
            pieces::service(headless, ServiceKind::Headless, &[KAFKA, PROXY, REGISTRY, ADMIN, RPC]),
        ];
        let mut plan = Plan {
            // A drain takes one broker, however many there are: topics have three copies, not more.
            parts: vec![Part { workload, services, budget: pieces::replica_budget(self.fields.replicas) }],
            files: vec![ConfigFiles { name: config, files: files.into() }],
            ..Plan::default()
        };
        if let Some((part, files)) = topics::job(self, cx) {
            plan.parts.push(part);
            plan.files.push(files);
        }
        plan
    }

    /// The copies that a topic has unless it says otherwise.
    fn copies(&self) -> u32 {
        let written = self.fields.config.iter().find(|(name, _)| name.as_str() == settings::COPIES);
        let written = written.and_then(|(_, it)| it.text().parse().ok());
        written.unwrap_or(if self.fields.replicas >= 3 { 3 } else { 1 })
    }

    /// Cores: whole ones of the limit, one at least, and one without a limit.
    fn cores(&self) -> u64 {
        pieces::cpu_limit(self.common.resources.as_deref()).unwrap_or(1)
    }

    /// MiB that the process may use: 80 % of the limit. The rest is for its stacks, the page cache of its files and the
    /// starting script.
    fn memory_of_broker(&self) -> Option<u64> {
        pieces::memory_limit(self.common.resources.as_deref()).map(|it| (it >> 20) * 8 / 10)
    }

    /// Whether the broker shares its cores. It has cores of its own only where a node may give whole ones away: the same
    /// request and limit, for memory too.
    fn overprovisioned(&self) -> bool {
        let Some(resources) = &self.common.resources else { return true };
        let same = |key: &str| {
            let limit = resources.limits.get(key);
            // A missing request is the limit's.
            limit.is_some() && resources.requests.get(key).is_none_or(|it| Some(it) == limit)
        };
        let whole = resources.limits.get("cpu").is_some_and(|it| it.milli() % 1000 == 0);
        !(whole && same("cpu") && same("memory"))
    }
}
