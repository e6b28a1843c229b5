//! The servers of a tier: where they are met, and what runs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    DATA_PATH, PORT, REDIS_PORT_NAME, SENTINEL_NAME, SENTINEL_PORT, SERVER_PORT_NAME, ServerFields,
    ValkeyMode, operator, pod, settings,
};
use crate::model::{Cluster, Common, Trigger};
use crate::stateful::fields::Storage;
use crate::stateful::release::User;
use crate::stateful::{Asked, Gauge, Plan, TierContext, pieces, render};
use crate::workload::{ConfigFiles, Controller, Endpoints, Login, Part, ServiceKind, Update, Workload};

/// What differs between the two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brand {
    /// What programs and folders are called after.
    pub(super) name: &'static str,
}

/// The servers of a tier.
#[derive(Debug)]
pub(super) struct Servers<'a> {
    pub(super) brand: Brand,
    pub(super) common: &'a Common,
    pub(super) fields: &'a ServerFields,
    pub(super) image: String,
    pub(super) user: User,
    /// What an operator reads, where one runs the servers.
    pub(super) operator: Option<operator::Operator<'a>>,
}

#[derive(Serialize)]
struct NodeContext<'a> {
    brand: &'a str,
    etc: String,
    run: String,
    replicated: bool,
    hosts: Vec<String>,
    primary_name: &'a str,
    quorum: u32,
}

#[derive(Serialize)]
struct ServerContext<'a> {
    data: &'a str,
    settings: Vec<(&'a str, String)>,
}

#[derive(Serialize)]
struct SentinelContext<'a> {
    primary_name: &'a str,
    down_after_milliseconds: u64,
    failover_timeout_milliseconds: u64,
}

impl Brand {
    /// The folder of the configuration.
    pub(super) fn etc(self) -> String {
        format!("/etc/{}", self.name)
    }

    /// The folder of what a start makes, in memory.
    pub(super) fn run(self) -> String {
        format!("/run/{}", self.name)
    }

    /// The path of the script that every container runs.
    pub(super) fn script(self) -> String {
        format!("{}/node.sh", self.etc())
    }

    /// The client program.
    pub(super) fn cli(self) -> String {
        format!("{}-cli", self.name)
    }
}

impl Servers<'_> {
    pub(super) fn replicated(&self) -> bool {
        self.fields.mode == ValkeyMode::Replicated
    }

    /// Whether clients ask Sentinels for the primary. The operator has a Service that follows it.
    pub(super) fn behind_sentinels(&self) -> bool {
        self.replicated() && self.operator.is_none()
    }

    /// The ports by name, the one for clients first.
    pub(super) fn ports(&self) -> &'static [(&'static str, u16)] {
        if self.behind_sentinels() {
            &[(SENTINEL_NAME, SENTINEL_PORT), (SERVER_PORT_NAME, PORT)]
        } else {
            &[(REDIS_PORT_NAME, PORT)]
        }
    }

    pub(super) fn endpoints(&self, name: &str, cluster: &Cluster) -> Endpoints {
        let password = &self.fields.password;
        let ports = self.ports().iter();
        let peers = if self.replicated() { vec![PORT, SENTINEL_PORT] } else { Vec::new() };
        Endpoints {
            ports: ports.map(|(name, number)| pieces::endpoint(name, *number)).collect(),
            // A client that takes a Sentinel for a server fails at once and not only when it writes.
            scheme: Some(if self.behind_sentinels() { "redis-sentinel" } else { "redis" }),
            login: Some(Login {
                user: String::new(),
                secret: password.secret.clone(),
                key: password.key.clone(),
            }),
            path: "/0".to_owned(),
            peers,
            properties: self
                .behind_sentinels()
                .then(|| ("primaryName", name.to_owned()))
                .into_iter()
                .collect(),
            callers: self.operator.iter().map(|_| operator::caller(self, cluster)).collect(),
            ..Endpoints::default()
        }
    }

    pub(super) fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
        let Trigger::Redis(_) = asked.trigger else { return None };
        let (host, password) = (asked.host(asked.service), Some(self.fields.password.clone()));
        Some(if self.behind_sentinels() {
            Gauge {
                kind: "redis-sentinel",
                // The Sentinels send it to the primary.
                ports: vec![SENTINEL_PORT, PORT],
                parameters: vec![
                    ("addresses", format!("{host}:{SENTINEL_PORT}")),
                    ("sentinelMaster", asked.name.to_owned()),
                ],
                logins: vec![("password", password.clone()), ("sentinelPassword", password)],
                declared: Vec::new(),
            }
        } else {
            Gauge {
                kind: "redis",
                ports: vec![PORT],
                parameters: vec![("address", format!("{host}:{PORT}"))],
                logins: vec![("password", password)],
                declared: Vec::new(),
            }
        })
    }

    pub(super) fn lower(&self, cx: &TierContext<'_>) -> Plan {
        if let Some(operator) = &self.operator {
            return operator::plan(self, operator, cx);
        }
        let config = format!("{}-config", cx.name);
        let headless = cx.headless();
        let storage = self.storage();
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless: headless.clone(),
                // The Sentinels need each other before any server can be a primary.
                parallel: true,
                claims: storage.iter().map(pieces::claim).collect(),
                update: Update::Rolling,
            },
            pod: pod::pod(self, cx.name, &config),
        };
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, self.ports()),
            pieces::service(headless, ServiceKind::Headless, self.ports()),
        ];
        Plan {
            parts: vec![Part { workload, services, budget: pieces::quorum_budget(self.fields.replicas) }],
            files: vec![ConfigFiles { name: config, files: self.files(cx) }],
            ..Plan::default()
        }
    }

    /// The claim of each server; a cache has none.
    pub(super) fn storage(&self) -> Option<Storage> {
        let size = self.fields.storage.clone().filter(|_| self.fields.mode != ValkeyMode::Cache)?;
        let (class, volume) = (self.fields.storage_class.clone(), self.fields.volume.clone());
        Some(Storage { size, class, volume })
    }

    fn files(&self, cx: &TierContext<'_>) -> BTreeMap<String, String> {
        let host = |ordinal| cx.pod_host(ordinal);
        let replicas = self.fields.replicas;
        let node = NodeContext {
            brand: self.brand.name,
            etc: self.brand.etc(),
            run: self.brand.run(),
            replicated: self.replicated(),
            hosts: (0..replicas).map(host).collect(),
            primary_name: cx.name,
            quorum: replicas / 2 + 1,
        };
        let memory = pieces::memory_limit(self.common.resources.as_deref());
        let server = ServerContext {
            data: DATA_PATH,
            settings: settings::lines(self.fields.mode, memory, &self.fields.config),
        };
        let down_after_milliseconds = u64::from(self.fields.down_after) * 1000;
        let sentinel = SentinelContext {
            primary_name: cx.name,
            down_after_milliseconds,
            failover_timeout_milliseconds: down_after_milliseconds * 2,
        };
        let mut files = BTreeMap::new();
        macro_rules! own {
            ($name:literal, $context:expr) => {
                let source = include_str!(concat!("../../../templates/valkey/", $name, ".j2"));
                files.insert($name.to_owned(), render(concat!("valkey/", $name, ".j2"), source, $context));
            };
        }
        own!("node.sh", &node);
        own!("server.conf", &server);
        if self.replicated() {
            own!("sentinel.conf", &sentinel);
        }
        files
    }
}
