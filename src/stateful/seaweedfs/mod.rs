//! `seaweedfs`: `SeaweedFS` from the official image, everything in one process or a pod for each role.
//! What it does and why is in `docs/engines/seaweedfs.md`.

use indexmap::IndexMap;

use super::fields::{SecretKey, Storage, Stored};
use super::setting::{Setting, SettingName};
use super::upgrade::{Fixed, Members, OWN, Running, Standing};
use super::{Credential, Development, Node, Plan, Target, Tier, TierContext, engine, pieces, render};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, Image, Name, Quantity, Resources, StaticVolume};
use crate::workload::{Budget, ConfigFiles, Controller, Endpoints, Part, ServiceKind, Update, Workload};

mod check;
mod flags;
mod pod;
mod release;
#[cfg(test)]
mod tests;

use flags::{FILER, MASTER, METRICS, Role, S3, VOLUME, grpc};
pub use release::Release;

words! {
    /// How the roles of `SeaweedFS` are spread over pods.
    pub enum SeaweedfsMode {
        /// One pod, one process, every role.
        "single" Single,
        /// Pods of their own for masters, volume servers and the filer with S3.
        "distributed" Distributed,
    }
}

model! {
    /// The masters of a distributed `SeaweedFS`.
    pub struct SeaweedfsMaster {
        /// How many vote: 1, 3 or 5.
        "replicas" replicas: u32 = 3,
        /// Storage of each.
        "storage" storage: Quantity = amount("1Gi"),
        /// The `StorageClass`; that of the tier unless given.
        "storageClass" class: Option<Name>,
        /// The volume of each, where it exists already.
        "volume" volume: Option<StaticVolume>,
        /// What each asks for and may use; as the tier's unless given.
        "resources" resources: Option<Resources>,
    }

    /// The filer of a distributed `SeaweedFS`, which is its S3 gateway too.
    pub struct SeaweedfsFiler {
        /// How many.
        "replicas" replicas: u32 = 1,
        /// Storage of the names, sizes and places of all files.
        "storage" storage: Quantity = amount("10Gi"),
        /// The `StorageClass`; that of the tier unless given.
        "storageClass" class: Option<Name>,
        /// The volume of each, where it exists already.
        "volume" volume: Option<StaticVolume>,
        /// What it asks for and may use; as the tier's unless given.
        "resources" resources: Option<Resources>,
    }

    /// What only a `SeaweedFS` tier has.
    pub struct SeaweedfsFields {
        /// The kind: `seaweedfs`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How the roles are spread over pods.
        "mode" mode: SeaweedfsMode = SeaweedfsMode::Single,
        /// How many volume servers there are; `storage` is that of each.
        "replicas" replicas: u32 = 1,
        /// Copies of each file beside the first, as `SeaweedFS` writes it: `000` none, `001` one on another volume server.
        "replication" replication: String = "000".to_owned(),
        /// The masters; only with `mode: distributed`.
        "master" master: Option<SeaweedfsMaster>,
        /// The filer; only with `mode: distributed`.
        "filer" filer: Option<SeaweedfsFiler>,
        /// The file of S3 identities and their keys (`-s3.config`). Without it anybody could do anything.
        "s3Config" s3_config: SecretKey,
        /// Whether every role shows its metrics on port 9327.
        "metrics" metrics: bool = false,
        /// Flags as `weed server` calls them, without the dash: `master.garbageThreshold`, `volume.compactionMBps`,
        /// `filer.maxMB`, `s3.domainName`. They win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = release::TABLE.drain,
    }
}

/// The key that describes the masters.
const MASTER_BELOW: &[&str] = &["master"];
/// The key that describes the filer.
const FILER_BELOW: &[&str] = &["filer"];

fn amount(text: &str) -> Quantity {
    Quantity::parse(text).expect("a literal quantity")
}

impl Default for SeaweedfsMaster {
    fn default() -> Self {
        Self { replicas: 3, storage: amount("1Gi"), class: None, volume: None, resources: None }
    }
}

impl Default for SeaweedfsFiler {
    fn default() -> Self {
        Self { replicas: 1, storage: amount("10Gi"), class: None, volume: None, resources: None }
    }
}

parts! {
    /// A tier of `SeaweedFS`.
    pub struct SeaweedfsTier {
        /// What every component has.
        common: Common,
        /// The storage of each volume server.
        storage: Storage,
        /// What only a `SeaweedFS` tier has.
        fields: SeaweedfsFields,
    }
}

engine!(
    /// The engine.
    Seaweedfs, "seaweedfs", SeaweedfsTier, Some(&release::TABLE)
);

impl Tier for SeaweedfsTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
        let mut ports = vec![S3, FILER];
        ports.extend(self.fields.metrics.then_some(METRICS));
        let peers = [MASTER, VOLUME, FILER].map(|(_, port)| [port, grpc(port)]).concat();
        Endpoints {
            ports: ports.into_iter().map(|(name, port)| pieces::endpoint(name, port)).collect(),
            scheme: Some("http"),
            peers: if self.distributed() { peers } else { Vec::new() },
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        let mut found = Stored::own(&self.storage);
        if self.distributed() {
            found.extend([
                Stored { below: MASTER_BELOW, storage: self.master_storage() },
                Stored { below: FILER_BELOW, storage: self.filer_storage() },
            ]);
        }
        found
    }

    fn credentials(&self) -> Vec<Credential> {
        vec![self.fields.s3_config.credential("s3Config")]
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
    }

    fn targets(&self, _: &str) -> Vec<Target> {
        self.fields.metrics.then(|| Target::pods(METRICS)).into_iter().collect()
    }

    fn standing(&self) -> Standing {
        let fields = &self.fields;
        let mut members = vec![Members {
            at: &["replicas"],
            what: "volume servers",
            parts: if self.distributed() { &["volume"] } else { OWN },
            number: fields.replicas,
            fewer: "move its volumes away first, by `volumeServer.evacuate` in `weed shell`",
            more: None,
        }];
        if let Some(master) = fields.master.as_ref().filter(|_| self.distributed()) {
            members.push(Members {
                at: &["master", "replicas"],
                what: "voters",
                parts: &["master"],
                number: master.replicas,
                fewer: "take each one out first, by `cluster.raft.remove` in `weed shell`: one that is only gone still counts to the majority",
                more: None,
            });
        }
        Standing {
            release: Some(Running::of(&fields.version)),
            members,
            fixed: vec![Fixed {
                at: &["mode"],
                value: fields.mode.as_str().to_owned(),
                why: "the roles have volumes of their own in the one, and share one in the other: copy the buckets to a new tier",
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
        one.fields.mode = SeaweedfsMode::Single;
        "000".clone_into(&mut one.fields.replication);
        Some(Node::of(one.lower(&cx.tier)))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let parts = if self.distributed() {
            let filer = self.filer();
            let master = self.master();
            let voters = pieces::quorum_budget(master.replicas);
            let volume_budget = pieces::replica_budget(self.fields.replicas);
            // The filer first: clients talk to it.
            vec![
                self.part(
                    cx,
                    Role::Filer,
                    filer.replicas,
                    (&self.filer_storage(), FILER_BELOW),
                    pieces::replica_budget(filer.replicas),
                ),
                self.part(cx, Role::Master, master.replicas, (&self.master_storage(), MASTER_BELOW), voters),
                self.part(cx, Role::Volume, self.fields.replicas, (&self.storage, &[]), volume_budget),
            ]
        } else {
            vec![self.part(cx, Role::Server, 1, (&self.storage, &[]), Budget::None)]
        };
        let toml = include_str!("../../../templates/seaweedfs/filer.toml.j2");
        let files = [("filer.toml".to_owned(), render("seaweedfs/filer.toml.j2", toml, &()))];
        Plan {
            parts,
            files: vec![ConfigFiles { name: config_name(cx.name), files: files.into() }],
            ..Plan::default()
        }
    }
}

/// The name of the `ConfigMap` with the tier's files.
fn config_name(name: &str) -> String {
    format!("{name}-config")
}

impl SeaweedfsTier {
    fn distributed(&self) -> bool {
        self.fields.mode == SeaweedfsMode::Distributed
    }

    fn master(&self) -> SeaweedfsMaster {
        self.fields.master.clone().unwrap_or_default()
    }

    fn filer(&self) -> SeaweedfsFiler {
        self.fields.filer.clone().unwrap_or_default()
    }

    fn master_storage(&self) -> Storage {
        let SeaweedfsMaster { storage, class, volume, .. } = self.master();
        Storage { size: storage, class: self.class(class), volume }
    }

    fn filer_storage(&self) -> Storage {
        let SeaweedfsFiler { storage, class, volume, .. } = self.filer();
        Storage { size: storage, class: self.class(class), volume }
    }

    fn class(&self, own: Option<Name>) -> Option<Name> {
        own.or_else(|| self.storage.class.clone())
    }

    fn part(
        &self,
        cx: &TierContext<'_>,
        role: Role,
        replicas: u32,
        (storage, below): (&Storage, &[&str]),
        budget: Budget,
    ) -> Part {
        let name = role.set(cx.name);
        let headless = pieces::headless(&name);
        let ports = role.ports(self.fields.metrics);
        let mut services = Vec::new();
        if role.serves_clients() {
            let shown: Vec<_> =
                [S3, FILER].into_iter().chain(self.fields.metrics.then_some(METRICS)).collect();
            services.push(pieces::service(cx.name.to_owned(), ServiceKind::ClusterIp, &shown));
        }
        services.push(pieces::service(headless.clone(), ServiceKind::Headless, &ports));
        let workload = Workload {
            part: Some(role.label()),
            controller: Controller::StatefulSet {
                replicas,
                headless,
                // Every role looks for its masters by itself, and the masters for each other.
                parallel: true,
                claims: vec![pieces::claim_below(storage, below)],
                update: Update::Rolling,
            },
            pod: pod::pod(self, cx, role),
            name,
        };
        Part { workload, services, budget }
    }
}
