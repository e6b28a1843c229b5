//! `clickhouse`: ClickHouse from the official images, one server or shards of replicas, with a Keeper quorum of its own.
//! What it does and why is in `docs/engines/clickhouse.md`.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::fields::{SecretKey, Storage, Stored};
use super::setting::{Setting, SettingName};
use super::upgrade::{Fixed, Members, Running, Standing};
use super::{Credential, Development, Node, Plan, Tier, TierContext, engine, pieces};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts};
use crate::model::{Cluster, Common, Image, RelativePath};
use crate::workload::{ConfigFiles, Endpoints, Login};

mod check;
mod config;
mod file;
mod keeper;
mod release;
mod server;
#[cfg(test)]
mod tests;

pub use file::OwnFile;
pub use keeper::KeeperFields;
pub use release::Release;

model! {
    /// What only a ClickHouse tier has.
    pub struct ClickhouseFields {
        /// The kind: `clickhouse`.
        "kind" kind: String,
        /// The version, as the official images' tags write it; that of Keeper, too.
        "version" version: Release = Release::standard(),
        /// The server's image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How many servers hold a copy of each shard. More than one need Keeper.
        "replicas" replicas: u32 = 1,
        /// Over how many shards rows may be distributed. One shard is the StatefulSet `NAME`, several are `NAME-shard-0` and so on.
        "shards" shards: u32 = 1,
        /// The cluster's name in the configuration: what `ON CLUSTER` and `Distributed` tables say.
        "cluster" cluster: String = "default".to_owned(),
        /// The database that every server makes at its first start, and that clients are in who name none.
        "database" database: String = "default".to_owned(),
        /// The user that the configuration declares, who may make further ones.
        "user" user: String = "default".to_owned(),
        /// The user's password.
        "password" password: SecretKey,
        /// What servers prove to each other that they belong to the cluster with; without it they log in as `user`.
        "interserverSecret" interserver_secret: Option<SecretKey>,
        /// The Keeper quorum: three voters where there is more than one server, unless given.
        "keeper" keeper: Option<KeeperFields>,
        /// Settings of the server; they win over those that are derived. A `.` goes into an element: `merge_tree.max_suspicious_broken_parts`.
        "config" config: IndexMap<SettingName, Setting>,
        /// Settings of queries, for all users: the profile `default`.
        "settings" settings: IndexMap<SettingName, Setting>,
        /// Configuration files of the stack's folder, by the place below `/etc/clickhouse-server`: `config.d/NAME.xml`, `users.d/NAME.yaml`.
        "files" files: IndexMap<OwnFile, RelativePath>,
        /// Seconds from the request to stop until the kill. Queries that run may use all but the last 30.
        "terminationGracePeriodSeconds" grace: u32 = 120,
    }
}

parts! {
    /// A tier of ClickHouse.
    pub struct ClickhouseTier {
        /// What every component has.
        common: Common,
        /// The storage of each server.
        storage: Storage,
        /// What only a ClickHouse tier has.
        fields: ClickhouseFields,
    }
}

engine!(
    /// The engine.
    Clickhouse, "clickhouse", ClickhouseTier, Some(&release::TABLE)
);

impl Tier for ClickhouseTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
        let fields = &self.fields;
        let mut peers = Vec::new();
        if self.servers() > 1 {
            peers.extend([server::NATIVE.1, server::INTERSERVER.1]);
        }
        if self.keeper().is_some() {
            peers.extend([keeper::CLIENT.1, keeper::RAFT.1]);
        }
        Endpoints {
            ports: [server::NATIVE, server::HTTP].map(|(name, number)| pieces::endpoint(name, number)).into(),
            scheme: Some("clickhouse"),
            login: Some(Login {
                user: fields.user.clone(),
                secret: fields.password.secret.clone(),
                key: fields.password.key.clone(),
            }),
            path: format!("/{}", fields.database),
            peers,
            properties: vec![
                ("cluster", fields.cluster.clone()),
                ("database", fields.database.clone()),
                ("user", fields.user.clone()),
            ],
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        let mut found = Stored::own(&self.storage);
        let keeper = self.keeper();
        found.extend(keeper.map(|it| Stored { below: keeper::BELOW, storage: keeper::storage(self, &it) }));
        found
    }

    fn credentials(&self) -> Vec<Credential> {
        let mut found = vec![self.fields.password.credential("password")];
        found.extend(self.fields.interserver_secret.as_ref().map(|it| it.credential("interserverSecret")));
        found
    }

    fn files(&self) -> Vec<(Route, String)> {
        let files = self.fields.files.iter();
        files.map(|(key, path)| (Route::of(&["files", key.as_str()]), path.to_string())).collect()
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
    }

    fn standing(&self) -> Standing {
        let fields = &self.fields;
        let mut members = vec![
            Members {
                at: &["replicas"],
                what: "servers",
                parts: &["", "shard-*"],
                number: fields.replicas,
                fewer: "tell the others afterwards, by `SYSTEM DROP REPLICA`: they keep what it has not read yet",
                more: None,
            },
            Members {
                at: &["shards"],
                what: "shards",
                parts: &[],
                number: fields.shards,
                fewer: "rows are on one shard alone: move them first",
                more: Some("rows stay on the shards where they are"),
            },
        ];
        members.extend(self.keeper().map(|it| Members {
            at: &["keeper", "replicas"],
            what: "voters",
            parts: &["keeper"],
            number: it.replicas,
            // `KeeperDispatcher::updateConfiguration` and Cluster reconfiguration in Keeper's documentation: `reconfig` is for
            // files with `enable_reconfiguration`, which those here are without.
            fewer: "one that is only gone still counts to the majority, and the leader takes voters out as its own file says, one at a time: leave the number, or try it on a copy first (clickhouse.com/docs: ClickHouse Keeper, Cluster reconfiguration)",
            more: None,
        }));
        Standing {
            release: Some(Running::of(&fields.version)),
            members,
            fixed: vec![Fixed {
                at: &["cluster"],
                value: fields.cluster.clone(),
                why: "`Distributed` tables name the cluster that they were made for, and find no other",
            }],
            ..Standing::default()
        }
    }

    fn procedures(&self) -> &'static crate::stateful::procedure::Procedures {
        &release::PROCEDURES
    }

    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        let mut one = self.clone();
        (one.fields.replicas, one.fields.shards, one.fields.keeper) = (1, 1, None);
        Some(Node::of(one.lower(&cx.tier)))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let config = format!("{}-config", cx.name);
        let mut parts: Vec<_> =
            (0..self.fields.shards).map(|it| server::part(self, cx, it, &config)).collect();
        let mut files = vec![ConfigFiles { name: config, files: config::server(self, cx) }];
        if let Some(keeper) = self.keeper() {
            let config = format!("{}-config", keeper::set(cx.name));
            parts.push(keeper::part(self, &keeper, cx, &config));
            files.push(ConfigFiles { name: config, files: config::keeper(&keeper, cx) });
        }
        Plan { parts, files, ..Plan::default() }
    }
}

impl ClickhouseTier {
    /// How many servers there are in all.
    fn servers(&self) -> u32 {
        self.fields.replicas.saturating_mul(self.fields.shards)
    }

    /// Keeper as the stack gives it, else as several servers need it; none for a single server that asks for none.
    fn keeper(&self) -> Option<KeeperFields> {
        let standard = || (self.servers() > 1).then(KeeperFields::standard);
        self.fields.keeper.clone().or_else(standard).filter(|it| it.replicas > 0)
    }

    /// The labels of a shard's pods, which tell its controller and its names from those of the others.
    fn shard_labels(&self, shard: u32) -> BTreeMap<String, String> {
        let several = self.fields.shards > 1;
        several.then(|| ("clickhouse-shard".to_owned(), shard.to_string())).into_iter().collect()
    }

    /// The name of a shard's StatefulSet.
    fn set(&self, name: &str, shard: u32) -> String {
        if self.fields.shards > 1 { format!("{name}-shard-{shard}") } else { name.to_owned() }
    }
}
