//! `etcd`: etcd from the project's own image, one member or a cluster that votes.
//! What it does and why is in `docs/engines/etcd.md`.

use indexmap::IndexMap;

use super::fields::{SecretKey, Storage, Stored};
use super::setting::{Setting, SettingName};
use super::upgrade::{Members, OWN, Running, Standing};
use super::{
    Credential, Development, Monitor, Node, Plan, Reading, Target, Tier, TierContext, engine, pieces,
};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, FileKey, Image, Name};
use crate::workload::{Controller, Endpoints, Part, ServiceKind, Update, Workload};

mod check;
mod pod;
mod release;
#[cfg(test)]
mod tests;

pub use release::Release;

const CLIENT: &str = "client";
const CLIENT_PORT: u16 = 2379;
const METRICS: &str = "metrics";
const METRICS_PORT: u16 = 2381;
const PEER: &str = "peer";
const PEER_PORT: u16 = 2380;
/// The largest database that the project suggests.
const MOST: u64 = 8 << 30;
/// The keys of a certificate.
const CERTIFICATE: [&str; 3] = ["tls.crt", "tls.key", "ca.crt"];

words! {
    /// What a member without data is part of.
    pub enum ClusterState {
        /// A cluster that begins now.
        "new" New,
        /// A cluster that runs, and that was told of the member.
        "existing" Existing,
    }
}

model! {
    /// What only an etcd tier has.
    pub struct EtcdFields {
        /// The kind: `etcd`.
        "kind" kind: String,
        /// The version, as the official image's tags write it: with `v` and three numbers.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How many members: 1, or an odd number that votes.
        "replicas" replicas: u32 = 1,
        /// What a member with an empty volume joins: `existing` while a lost member is replaced or one is added.
        "initialClusterState" state: ClusterState = ClusterState::New,
        /// The certificate with which it serves clients; plain HTTP without it.
        "certificate" certificate: Option<Name>,
        /// Whether clients must show a certificate of the same authority.
        "clientCertAuth" client_cert_auth: bool = false,
        /// Settings of the server, named as its arguments without `--`; they win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Who collects the metrics of the members.
        "monitor" monitor: Option<Monitor>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = 30,
    }
}

parts! {
    /// A tier of etcd.
    pub struct EtcdTier {
        /// What every component has.
        common: Common,
        /// The storage of each member.
        storage: Storage,
        /// What only an etcd tier has.
        fields: EtcdFields,
    }
}

engine!(
    /// The engine.
    Etcd, "etcd", EtcdTier, Some(&release::TABLE)
);

impl Tier for EtcdTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
        Endpoints {
            ports: vec![pieces::endpoint(CLIENT, CLIENT_PORT), pieces::endpoint(METRICS, METRICS_PORT)],
            scheme: Some(self.scheme()),
            // `etcdctl --cluster` in one pod asks all members where clients do.
            peers: if self.clustered() { vec![CLIENT_PORT, PEER_PORT] } else { Vec::new() },
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        self.certificate_keys().iter().map(|it| it.credential("certificate")).collect()
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
    }

    fn monitor(&self) -> Option<&Monitor> {
        self.fields.monitor.as_ref()
    }

    fn targets(&self, _: &str) -> Vec<Target> {
        vec![Target::pods((METRICS, METRICS_PORT))]
    }

    fn readings(&self) -> &'static [Reading] {
        &[Reading::Leader("etcd_server_has_leader")]
    }

    fn standing(&self) -> Standing {
        Standing {
            release: Some(Running::of(&self.fields.version)),
            members: vec![Members {
                at: &["replicas"],
                what: "voters",
                parts: OWN,
                number: self.fields.replicas,
                fewer: "take each one out first, by `etcdctl member remove`: one that is only gone still counts to the majority",
                more: Some(
                    "add each one first, by `etcdctl member add`, with `initialClusterState: existing`",
                ),
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
        Some(Node::of(one.lower(&cx.tier)))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let headless = cx.headless();
        let clients = [(CLIENT, CLIENT_PORT), (METRICS, METRICS_PORT)];
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &clients),
            pieces::service(
                headless.clone(),
                ServiceKind::Headless,
                &[(CLIENT, CLIENT_PORT), (METRICS, METRICS_PORT), (PEER, PEER_PORT)],
            ),
        ];
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("member"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless,
                // None becomes ready without a majority of them.
                parallel: true,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::pod(self, cx),
        };
        let budget = pieces::quorum_budget(self.fields.replicas);
        Plan { parts: vec![Part { workload, services, budget }], ..Plan::default() }
    }
}

impl EtcdTier {
    fn clustered(&self) -> bool {
        self.fields.replicas > 1
    }

    fn scheme(&self) -> &'static str {
        if self.fields.certificate.is_some() { "https" } else { "http" }
    }

    /// The keys of the certificate's secret.
    fn certificate_keys(&self) -> Vec<SecretKey> {
        let key =
            |name: &Name, key: &str| Some(SecretKey { secret: name.clone(), key: FileKey::parse(key).ok()? });
        let name = self.fields.certificate.as_ref();
        name.map(|name| CERTIFICATE.iter().filter_map(|it| key(name, it)).collect()).unwrap_or_default()
    }

    /// How large the database may get, in bytes: two fifths of the volume, because defragmentation writes it a second
    /// time beside the log; three quarters of the memory limit, because it is mapped into memory; 8 GiB at most.
    fn quota(&self) -> u64 {
        let storage = u64::try_from(self.storage.size.whole()).unwrap_or_default() / 5 * 2;
        let memory = pieces::memory_limit(self.common.resources.as_deref()).map_or(MOST, |it| it / 4 * 3);
        storage.min(memory).min(MOST)
    }
}
